import { PassThrough } from 'node:stream';
import { parseAccessLine } from '../../lib/cli/access-log';
import { harEntries } from '../../lib/cli/har';
import { parseJsonLine } from '../../lib/cli/json-log';
import { ProgressBar } from '../../lib/cli/progress-bar';
import { RouteTable } from '../../lib/cli/route-table';
import type { CompiledRoute } from '../../lib/policy/compiled-route';
import { RouteWays } from '../../lib/policy/route-ways';

const AT = '- - [10/Nov/2026:08:00:00 +0130]';
const PREFIX = `198.51.100.1 ${AT}`;

describe('a line of an access log', () => {
  it.each<[what: string, line: string, found: object]>([
    [
      'combined',
      `${PREFIX} "GET /a?b=1 HTTP/1.1" 200 5 "https://x.example/" "Mozilla"`,
      { method: 'GET', target: '/a?b=1', headers: ['referer', 'https://x.example/', 'user-agent', 'Mozilla'] },
    ],
    ['common', `${PREFIX} "GET /a HTTP/1.0" 304 -`, { headers: [], facets: new Set(['address']), status: 304 }],
    ['of a user with spaces', '::1 - Jane Doe [10/Nov/2026:08:00:00 +0000] "GET / HTTP/2.0" 200 5', { ip: '::1' }],
    [
      'with escaped quotes and bytes',
      `${PREFIX} "GET /\\x22\\xC3\\xA9\\\\ HTTP/1.1" 200 5`,
      { target: '/"\u00c3\u00a9\\' },
    ],
    ['with a zone', `${PREFIX} "GET / HTTP/1.1" 200 5`, { time: Date.parse('2026-11-10T06:30:00Z') }],
    ['with a virtual host', `shop.example:443 ${PREFIX} "GET /a HTTP/1.1" 200 5`, { ip: '198.51.100.1', target: '/a' }],
    ['with a virtual host, over IPv6', `shop:80 ::1 ${AT} "GET / HTTP/1.1" 200 5`, { ip: '::1' }],
    ['of IPv6 that ends like a port', `2001:db8::7 ${AT} "GET / HTTP/1.1" 200 5`, { ip: '2001:db8::7' }],
    [
      'of a client whose name was looked up',
      `crawler.example ${AT} "GET / HTTP/1.1" 200 5 "-" "bot"`,
      { ip: undefined, facets: new Set(['agent', 'referrer']) },
    ],
    ['of a unix socket', `unix: ${AT} "GET / HTTP/1.1" 200 5`, { ip: 'unix:', facets: new Set(['address']) }],
    ['without a version, as of HTTP/0.9', `${PREFIX} "GET /" 200 5`, { method: 'GET', target: '/' }],
  ])('is understood: %s', (_, line, found) => {
    expect(parseAccessLine(line)).toMatchObject(found);
  });

  it.each([
    ['a TLS handshake', `${PREFIX} "\\x16\\x03\\x01" 400 157 "-" "-"`],
    ['no request at all', `${PREFIX} "-" 408 0 "-" "-"`],
    ['no such month', '::1 - - [10/Foo/2026:08:00:00 +0000] "GET / HTTP/1.1" 200 5'],
    ['prose', 'Dear diary'],
    ['a line that is cut off', `${PREFIX} "GET /a`],
  ])('tells of no request: %s', (_, line) => {
    expect(parseAccessLine(line)).toBeUndefined();
  });

  it('takes linear time, whatever is logged', () => {
    const started = performance.now();
    for (const part of ['[', '\\', '"', ' [', '" "', ':1', ':1 1.']) {
      parseAccessLine(`1 - ${part.repeat(200_000)}`);
      parseAccessLine(part.repeat(200_000));
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a line of JSON', () => {
  it.each<[what: string, record: object, found: object | undefined]>([
    ['seconds', { method: 'GET', url: '/', ts: 1794294000.5 }, { time: 1794294000500 }],
    ['milliseconds', { method: 'GET', url: '/', time: 1794294000500 }, { time: 1794294000500 }],
    ['a date', { method: 'GET', url: '/', time: '2026-11-10T07:00:00.5Z' }, { time: 1794294000500 }],
    ['no time', { method: 'GET', url: '/' }, { time: undefined }],
    ['path and query', { method: 'GET', uri: '/a', args: 'b=1' }, { target: '/a?b=1' }],
    ['path, and query in it', { method: 'GET', request_uri: '/a?b=1', args: 'b=1' }, { target: '/a?b=1' }],
    ['no path', { method: 'GET' }, undefined],
    ['a list', [1], undefined],
  ])('with %s', (_, record, found) => {
    const parsed = parseJsonLine(JSON.stringify(record));
    if (found === undefined) expect(parsed).toBeUndefined();
    else expect(parsed).toMatchObject(found);
  });
});

describe('the entries of a HAR file', () => {
  const entries = [{ text: 'a"]}{[\\' }, { list: [{ entries: [1] }] }, { text: 'é' }];
  const har = {
    log: { creator: { name: 'entries', entries: [{ no: 1 }] }, entries, comment: 'entries' },
    entries: [{}],
  };

  it.each([1, 2, 3, 7, 1000])('are found in chunks of %i characters', async (size) => {
    const text = JSON.stringify(har, null, 1);
    async function* chunks(): AsyncGenerator<string> {
      for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
    }
    const found: unknown[] = [];
    for await (const entry of harEntries(chunks())) found.push(JSON.parse(entry!));
    expect(found).toEqual(entries);
  });
});

describe('a recorded path', () => {
  const routes = ['GET /cats|/chats', 'GET /cats/:id', 'POST /cats/:id.json', 'ALL /files/{*path}', 'GET /a/*rest'].map(
    (template) => {
      const [method = '', paths = ''] = template.split(' ');
      const served = paths.split('|').map((path) => `/api${path}`);
      return { kind: 'http', template, ways: new RouteWays(method, served) } as CompiledRoute;
    },
  );
  const table = new RouteTable(routes);

  it.each<[method: string, path: string, template: string | undefined, params?: object]>([
    ['GET', '/api/cats', 'GET /cats|/chats'],
    ['GET', '/api/chats/', 'GET /cats|/chats'],
    ['HEAD', '/api/CATS', 'GET /cats|/chats'],
    ['GET', '/api/cats/4%202', 'GET /cats/:id', { id: '4 2' }],
    ['POST', '/api/cats/42.json', 'POST /cats/:id.json', { id: '42' }],
    ['POST', '/api/cats/42xjson', undefined],
    ['DELETE', '/api/files/a/b', 'ALL /files/{*path}', { path: 'a/b' }],
    ['GET', '/api/a/b/c', 'GET /a/*rest', { rest: 'b/c' }],
    ['GET', '/cats', undefined],
    ['GET', '/api/cats/1/2', undefined],
  ])('finds its route: %s %s', (...[method, path, template, params]) => {
    const found = table.find(method, path);
    expect(found?.route.template).toBe(template);
    if (params !== undefined) expect(found?.params).toEqual(params);
  });
});

describe('a progress bar', () => {
  function written(isTTY: boolean): string {
    const stream = Object.assign(new PassThrough(), { isTTY });
    const bar = new ProgressBar(stream);
    bar.show(0.5, '7 requests');
    bar.clear();
    return String(stream.read() ?? '');
  }

  it('shows how far it is on a terminal, and leaves nothing behind', () => {
    const text = written(true);
    expect(text).toContain(`${'█'.repeat(15)}${'░'.repeat(15)} 50%  7 requests`);
    expect(text.endsWith('\r\u001b[2K')).toBe(true);
  });

  it('is silent elsewhere', () => {
    expect(written(false)).toBe('');
  });
});
