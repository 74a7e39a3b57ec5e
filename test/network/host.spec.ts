import { type HostAndPort, parseHost } from '../../lib/network/host';

it.each<[string, HostAndPort]>([
  ['example.com', { host: 'example.com' }],
  ['EXAMPLE.com:8443', { host: 'example.com', port: 8443 }],
  ['example.com.', { host: 'example.com.' }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['my_service-1:65535', { host: 'my_service-1', port: 65535 }],
  ['192.0.2.1:80', { host: '192.0.2.1', port: 80 }],
  ['[2001:DB8::1]', { host: '[2001:db8::1]' }],
  ['[::1]:443', { host: '[::1]', port: 443 }],
  ['[::ffff:192.0.2.1]', { host: '[::ffff:192.0.2.1]' }],
  ['example.com:', { host: 'example.com' }],
  ['xn--bcher-kva.example', { host: 'xn--bcher-kva.example' }],
])('parseHost(%j)', (value, expected) => expect(parseHost(value)).toEqual(expected));

it.each([
  undefined,
  '',
  ' ',
  ':80',
  'example.com:65536',
  'example.com:123456',
  'example.com:8o',
  'example.com:-1',
  'example.com:80:80',
  'user@example.com',
  'good.com@evil.com',
  'user:pass@example.com',
  'good.com#@evil.com',
  'evil.com\\good.com',
  'evil.com/good.com',
  'evil.com?x',
  'exa mple.com',
  ' example.com',
  'example.com ',
  'example.com\t',
  'example.com\r\nx: y',
  'example.com\n',
  'exam\0ple.com',
  'a.com,b.com',
  'a.com, b.com',
  'a..com',
  '.com',
  '.',
  '%65xample.com',
  'exämple.com',
  '<script>',
  '"x"',
  '::1',
  '[::1',
  '::1]',
  '[::1]x',
  '[::1]:65536',
  '[fe80::1%eth0]',
  '[1.2.3.4]',
  '[]',
  '[:]',
  '1.2.3.256',
  '127.1',
  '0x7f.1',
  '0177.0.0.1',
  '2130706433',
  'a'.repeat(254),
])('parseHost(%j) is undefined', (value) => expect(parseHost(value)).toBeUndefined());

it('gives hosts that a URL keeps as they are', () => {
  for (const value of ['Example.com:8443', '192.0.2.1:80', '[2001:DB8::1]:444', 'my_service', '[::1]']) {
    const { host } = parseHost(value)!;
    expect(new URL(`https://${host}/`).hostname).toBe(host);
  }
});
