import { type FeedEntry, type FeedReader, FeedRejected } from './feed';

const MAX_LINE = 4096;

/** Reads a self-published geolocation feed, RFC 8805: `prefix,country,region,city,postal code`, `#` starts a comment. */
export function geofeed(): FeedReader {
  let rest = '';
  return {
    write(piece) {
      const lines = (rest + piece).split('\n');
      rest = lines.pop()!;
      if (rest.length > MAX_LINE) throw new FeedRejected('it has a line of more than 4 KB');
      return lines.flatMap(readLine);
    },
    end: () => readLine(rest),
  };
}

function readLine(line: string): FeedEntry[] {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return [];
  if (text.startsWith('<')) throw new FeedRejected('it is HTML, not a list of networks');
  const [prefix = '', , region = ''] = text.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
  return [{ prefix, region }];
}
