import { CLOUD_PROVIDERS } from '../../lib/cloud/cloud-provider';
import { CLOUD_FEEDS } from '../../lib/cloud/feeds';
import { type FeedEntry, type FeedReader, FeedRejected } from '../../lib/cloud/feeds/feed';
import { JsonElements } from '../../lib/cloud/feeds/json-elements';
import { WRITE_FEED } from '../support/cloud-feeds';

const NETWORKS = {
  'eu-west-1': ['3.248.0.0/13', '2a05:d018::/36'],
  'us-east-1': ['52.0.0.0/15', '52.94.0.0/22', '2600:1f18::/33'],
};

function readAll(reader: FeedReader, text: string, pieceLength: number): FeedEntry[] {
  const entries: FeedEntry[] = [];
  for (let from = 0; from < text.length; from += pieceLength) {
    entries.push(...reader.write(text.slice(from, from + pieceLength)));
  }
  return [...entries, ...reader.end()];
}

const sorted = (entries: FeedEntry[]) =>
  [...new Set(entries.map(({ prefix, region }) => `${region} ${prefix}`))].sort();

describe.each(CLOUD_PROVIDERS)('the feed of %s', (provider) => {
  const feed = CLOUD_FEEDS[provider];
  const text = WRITE_FEED[provider](NETWORKS);

  it.each([1, 7, 64, 100_000])('is read in pieces of %i characters', (pieceLength) => {
    const expected = Object.entries(NETWORKS).flatMap(([region, prefixes]) =>
      prefixes.map((prefix) => `${provider === 'Cloudflare' ? '' : region} ${prefix}`),
    );
    expect(sorted(readAll(feed.read(), text, pieceLength))).toEqual(expected.sort());
  });

  it('is published over https', () => {
    expect(feed.url).toMatch(/^https:\/\//);
    expect(feed.provider).toBe(provider);
  });

  it('is not a web page', () => {
    expect(() => readAll(feed.read(), '<!DOCTYPE html>\n<html><body>Sorry</body></html>', 10)).toThrow(/HTML/);
  });
});

describe.each(['AWS', 'GCP', 'Azure', 'Oracle', 'Vultr', 'Cloudflare'] as const)('the JSON feed of %s', (provider) => {
  const read = (text: string) => readAll(CLOUD_FEEDS[provider].read(), text, 50);

  it('must be complete', () => {
    expect(() => read(WRITE_FEED[provider](NETWORKS).slice(0, -2))).toThrow(FeedRejected);
  });

  it.each([['[]'], ['"text"'], ['{"prefixes":[}'], ['{"prefixes":[{]}'], ['{"a":1}{"a":1}'], ['']])(
    'is not %s',
    (text) => {
      expect(() => read(text)).toThrow(FeedRejected);
    },
  );

  it.each([
    ['{}'],
    ['{"prefixes":{},"ipv6_prefixes":7,"values":[1,null,{}],"regions":[{},null],"subnets":null,"result":null}'],
    [
      '{"values":[{"properties":null},{"properties":{"addressPrefixes":"x"}}],"regions":[{"cidrs":{}}],"result":{"ipv4_cidrs":5}}',
    ],
  ])('of another shape has no networks: %s', (text) => {
    expect(read(text).filter(({ prefix }) => prefix !== '')).toEqual([]);
  });
});

describe("Azure's download page", () => {
  const page = new URL('https://www.microsoft.com/en-us/download/details.aspx?id=56519');
  const locate = (html: string) => CLOUD_FEEDS.Azure.locate!(html, page);
  const folder = 'https://download.microsoft.com/download/7/1/d/71d86715';

  it('names the newest file', () => {
    const html = ['20261109', '20261116', '20261102']
      .map((date) => `<a href="${folder}/ServiceTags_Public_${date}.json">x</a>`)
      .join('\n');
    expect(locate(html)).toBe(`${folder}/ServiceTags_Public_20261116.json`);
  });

  it.each([
    ['nothing', '<html></html>'],
    ['another host', '<a href="https://evil.example/ServiceTags_Public_20261116.json">'],
    ['another scheme', '<a href="http://download.microsoft.com/x/ServiceTags_Public_20261116.json">'],
    ['a host in disguise', '<a href="https://evil.example/download.microsoft.com/ServiceTags_Public_20261116.json">'],
    ['another cloud', `<a href="${folder}/ServiceTags_China_20261116.json">`],
  ])('is refused when it links to %s', (_, html) => {
    expect(() => locate(html)).toThrow(FeedRejected);
  });
});

describe('JsonElements', () => {
  const elementsOf = (text: string, pieceLength: number) => {
    const elements = new JsonElements();
    const found: (readonly [string, unknown])[] = [];
    for (let from = 0; from < text.length; from += pieceLength) {
      found.push(...elements.write(text.slice(from, from + pieceLength)));
    }
    elements.end();
    return found;
  };

  it.each([1, 2, 3, 5, 1000])(
    'cuts lists into their entries and keeps other members whole, in pieces of %i',
    (length) => {
      const value = {
        text: 'with "quotes", \\ and ] } , :',
        number: -1.5e3,
        empty: [],
        list: [1, 'a,b', null, true, { deep: [[1, 2], { x: [] }] }, [[3]], []],
        object: { a: [1, 2, { b: 'c' }] },
        'k"e:y': 'v',
        objects: [{}, { a: {} }],
      };
      const expected = Object.entries(value).flatMap(([key, member]) =>
        Array.isArray(member) ? member.map((entry: unknown) => [key, entry]) : [[key, member]],
      );
      expect(elementsOf(JSON.stringify(value), length)).toEqual(expected);
      expect(elementsOf(` \n${JSON.stringify(value, null, 3)}\n `, length)).toEqual(expected);
    },
  );

  it.each(['{"a" 1}', '{"a":1,,}x', '{a:1}', '{"a":[1 2]}', '{"a":1}}', '{"a":"', '{:1}', '{"a":[1,]', 'null'])(
    'refuses %s',
    (text) => {
      expect(() => elementsOf(text, 4)).toThrow(FeedRejected);
    },
  );

  it('never keeps more than one large element', () => {
    const elements = new JsonElements();
    elements.write('{"a":["');
    expect(() => {
      for (let i = 0; i < 40; i++) elements.write('x'.repeat(65_536));
    }).toThrow(/more than 1 MB/);
  });
});

describe('a geofeed', () => {
  const read = (text: string) => readAll(CLOUD_FEEDS.Linode.read(), text, 16);

  it('has comments, quotes, missing fields and any line ends', () => {
    expect(read('# comment\r\n\r\n1.2.3.0/24,US,US-NJ,Newark,\r\n"5.6.7.0/24","US","US-CA"\n9.8.0.0/16')).toEqual([
      { prefix: '1.2.3.0/24', region: 'US-NJ' },
      { prefix: '5.6.7.0/24', region: 'US-CA' },
      { prefix: '9.8.0.0/16', region: '' },
    ]);
  });

  it('has no endless line', () => {
    expect(() => read('x'.repeat(10_000))).toThrow(FeedRejected);
  });
});
