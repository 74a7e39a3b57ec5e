import { MultipartScanner } from '../../lib/content/multipart-scanner';

const BOUNDARY = 'frontier';

/** The names of the filled fields, with the body cut into pieces of that many bytes. */
function filled(body: string, size = body.length, isWanted: (name: string) => boolean = () => true): string[] {
  const names: string[] = [];
  const scanner = new MultipartScanner(BOUNDARY, isWanted, (name) => names.push(name));
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += size) scanner.write(bytes.subarray(at, at + size));
  return names;
}

const part = (disposition: string, value: string, line = '\r\n') =>
  [`--${BOUNDARY}`, `Content-Disposition: form-data; ${disposition}`, '', value, ''].join(line);
const END = `--${BOUNDARY}--\r\n`;

const CASES: [name: string, body: string, expected: string[]][] = [
  ['a value', part('name="a"', 'x') + END, ['a']],
  ['an empty value', part('name="a"', '') + END, []],
  ['several fields', part('name="a"', '') + part('name="b"', 'x') + part('name="c"', 'yy') + END, ['b', 'c']],
  ['one byte', part('name="a"', '0') + END, ['a']],
  ['line feeds as a value', part('name="a"', '\r\n\r\n') + END, ['a']],
  ['a beginning of the delimiter as a value', part('name="a"', `\r\n--front`) + END, ['a']],
  ['a file', part('name="a"; filename="x.txt"', 'x') + END, ['a']],
  ['bare line feeds', part('name="a"', 'x', '\n') + part('name="b"', '', '\n') + END, ['a']],
  ['a name without quotes', part('name=a', 'x') + END, ['a']],
  ['a name with blanks and quotes', part('name="a \\"b\\""', 'x') + END, ['a "b"']],
  ['an encoded name', part("name*=UTF-8''w%C3%A9b", 'x') + END, ['wéb']],
  ['a name in UTF-8', part('name="wéb"', 'x') + END, ['wéb']],
  ['a name behind the file name', part('filename="name=b"; name="a"', 'x') + END, ['a']],
  ['a preamble', `preamble\r\n${part('name="a"', 'x')}${END}`, ['a']],
  ['a part without the end of its headers', `--${BOUNDARY}\r\nname="a"\r\n${part('name="b"', 'x')}${END}`, ['b']],
  ['no body at all', '', []],
  ['another boundary', part('name="a"', 'x').replace(BOUNDARY, 'other'), []],
];

describe('MultipartScanner', () => {
  it.each(CASES)('reads %s, however it is cut', (_, body, expected) => {
    for (const size of [1, 2, 3, 7, 64, body.length || 1]) expect(filled(body, size)).toEqual(expected);
  });

  it('looks only at what is wanted', () => {
    const body = part('name="a"', 'x') + part('name="b"', 'x') + END;
    expect(filled(body, 5, (name) => name === 'b')).toEqual(['b']);
  });

  it('reports a part whose headers are longer than any form has', () => {
    const header = (bytes: number) =>
      `--${BOUNDARY}\r\nX-Junk: ${'x'.repeat(bytes)}\r\nContent-Disposition: form-data; name="a"\r\n\r\n`;
    expect(filled(`${header(10_000)}x\r\n${END}`, 1000, (name) => name === 'a')).toEqual(['a']);
    expect(filled(`${header(20_000)}x\r\n${END}`, 1000, (name) => name === 'a')).toEqual(['']);
  });

  it('reads bodies that arrive byte by byte in time that is proportional to them', () => {
    const body = Buffer.from(`--${BOUNDARY}\r\n${'x: y\r\n'.repeat(2500)}\r\n`.repeat(20));
    const scanner = new MultipartScanner(BOUNDARY, () => false, jest.fn());
    const started = performance.now();
    for (let at = 0; at < body.length; at++) scanner.write(body.subarray(at, at + 1));
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('holds no more than the headers of a part', () => {
    const scanner = new MultipartScanner(BOUNDARY, () => true, jest.fn());
    const held = () => (scanner as unknown as { pending: Buffer }).pending.length;
    scanner.write(Buffer.from(part('name="a"', '')));
    for (let chunk = 0; chunk < 100; chunk++) {
      scanner.write(Buffer.alloc(10_000, 'x'));
      expect(held()).toBeLessThan(20);
    }
    scanner.write(Buffer.from(`--${BOUNDARY}\r\n`));
    for (let chunk = 0; chunk < 100; chunk++) {
      scanner.write(Buffer.alloc(1000, 'x'));
      expect(held()).toBeLessThan(17_000);
    }
  });
});
