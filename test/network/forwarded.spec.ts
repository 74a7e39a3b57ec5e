import { type ForwardedElement, parseForwarded, splitForwardedFor } from '../../lib/network/forwarded';

describe('parseForwarded', () => {
  it.each<[string, ForwardedElement[]]>([
    ['', []],
    ['for=192.0.2.1', [{ for: '192.0.2.1' }]],
    ['For="[2001:db8:cafe::17]:4711"', [{ for: '[2001:db8:cafe::17]:4711' }]],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', [{ for: '192.0.2.60', proto: 'http', by: '203.0.113.43' }]],
    ['for=192.0.2.43, for=198.51.100.17', [{ for: '198.51.100.17' }, { for: '192.0.2.43' }]],
    ['for=a,for=b , for=c', [{ for: 'c' }, { for: 'b' }, { for: 'a' }]],
    ['FOR=unknown;PROTO=HTTPS;Host=Example.com', [{ for: 'unknown', proto: 'https', host: 'Example.com' }]],
    ['for="_gazonk"', [{ for: '_gazonk' }]],
    ['for=192.0.2.1 ; proto=https', [{ for: '192.0.2.1', proto: 'https' }]],
    ['for=192.0.2.1;', [{ for: '192.0.2.1' }]],
    ['for=192.0.2.1:8080', [{ for: '192.0.2.1:8080' }]],
    ['for=[2001:db8::1]', [{ for: '[2001:db8::1]' }]],
    ['for=1.1.1.1, , ,for=2.2.2.2,', [{ for: '2.2.2.2' }, { for: '1.1.1.1' }]],
    ['for="a,b;c";host="x\\"y\\\\"', [{ for: 'a,b;c', host: 'x"y\\' }]],
    ['for=1.1.1.1;secret="a, for=9.9.9.9"', [{ for: '1.1.1.1' }]],
    ['proto=https', [{ proto: 'https' }]],
    ['for=""', [{ for: '' }]],
  ])('of %s', (header, expected) => expect(parseForwarded(header)).toEqual(expected));

  it.each([
    ['no value', 'for'],
    ['an empty value', 'for='],
    ['space around the sign', 'for = 1.1.1.1'],
    ['an open quote', 'for="1.1.1.1'],
    ['text after a quote', 'for="1.1.1.1"x'],
    ['the same parameter twice', 'for=1.1.1.1;For=2.2.2.2'],
    ['two values', 'for=1.1.1.1 for=2.2.2.2'],
    ['a bare address', '1.1.1.1'],
  ])('stops at an element with %s', (_, element) => {
    expect(parseForwarded(`for=8.8.8.8, ${element}, for=9.9.9.9`).at(0)).toEqual({ for: '9.9.9.9' });
    expect(parseForwarded(`for=8.8.8.8, ${element}, for=9.9.9.9`)).toHaveLength(1);
    expect(parseForwarded(`for=8.8.8.8, ${element}`)).toEqual([]);
  });

  it.each(['for="', 'for="x, for=1.1.1.1', '"', 'for="\\', 'for=1.1.1.1;x="', '"""', '\\"'])(
    'reads the element of the nearest proxy whatever the client wrote before it: %s',
    (forged) => {
      for (const own of ['for=9.9.9.9', 'for="9.9.9.9"', 'host="a,\\"b\\\\";for=9.9.9.9', 'for=9.9.9.9;by="_\\\\"']) {
        expect(parseForwarded(`${forged}, ${own}`)[0]!.for).toBe('9.9.9.9');
      }
    },
  );

  it('gives no more elements than asked for', () => {
    expect(parseForwarded('for=a, for=b, for=c', 2)).toEqual([{ for: 'c' }, { for: 'b' }]);
    expect(parseForwarded('for=a', 0)).toEqual([]);
  });

  it('takes linear time on 64 KB of quotes and backslashes', () => {
    for (const part of ['"', '\\', '"\\', 'for="', '",', ';']) {
      const started = performance.now();
      parseForwarded(part.repeat(65536 / part.length));
      // Linear is a few milliseconds; quadratic would be several seconds.
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });
});

it.each<[string, number | undefined, string[]]>([
  ['', undefined, []],
  ['1.1.1.1', undefined, ['1.1.1.1']],
  ['a, b ,c', undefined, ['c', 'b', 'a']],
  [',a,, ,b,', undefined, ['b', 'a']],
  ['a, b, c', 2, ['c', 'b']],
  ['a', 0, []],
  [',', undefined, []],
])('splitForwardedFor(%j, %j) is %j', (header, most, expected) => {
  expect(splitForwardedFor(header, most)).toEqual(expected);
});
