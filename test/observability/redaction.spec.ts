import { LiveConfig } from '../../lib/config/live-config';
import { resolveConfig } from '../../lib/config/resolve-config';
import { GUARD_CONFIG_SECTIONS } from '../../lib/guard.config-sections';
import { Redaction } from '../../lib/observability/redaction.service';
import { withoutSecrets } from '../../lib/observability/secret-text';
import { givesItselfAway } from '../../lib/observability/sensitive-names';
import { guardedRequest } from '../../lib/testing';

describe('names', () => {
  it.each([
    'Authorization',
    'proxy-authorization',
    'Cookie',
    'set-cookie',
    'X-API-Key',
    'apiKey',
    'api_key',
    'x-auth-token',
    'access_token',
    'refreshToken',
    'id_token',
    'password',
    'passwd',
    'new-password',
    'passphrase',
    'pwd',
    'client_secret',
    'secretKey',
    'AWS_SECRET_ACCESS_KEY',
    'private_key',
    'sessionId',
    'JSESSIONID',
    'PHPSESSID',
    'X-CSRF-Token',
    'xsrf',
    'jwt',
    'signature',
    'sig',
    'key',
    'code',
    'otp',
    'pin',
    'cvv',
    'card_number',
    'ssn',
    'credentials',
  ])('%s gives itself away', (name) => expect(givesItselfAway(name)).toBe(true));

  it.each([
    'name',
    'q',
    'page',
    'id',
    'keyword',
    'author',
    'monkey',
    'barcode',
    'zipcode',
    'passenger',
    'pinned',
    'design',
    'x-request-id',
    'user-agent',
  ])('%s does not', (name) => expect(givesItselfAway(name)).toBe(false));
});

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';

describe('a text', () => {
  it.each([
    ['Bearer abcdef123456', 'Bearer [redacted]'],
    ['sent Basic YWRhOnNlY3JldA== there', 'sent Basic [redacted] there'],
    [`/verify/${JWT}`, '/verify/[redacted]'],
    ['redis://user:hunter2@host:6379', 'redis://[redacted]@host:6379'],
    ['password=hunter2&x=1', 'password=[redacted]&x=1'],
    ['{"apiKey":"k-123","n":1}', '{"apiKey":"[redacted]","n":1}'],
    ["token: 'abc'", "token: '[redacted]'"],
    ['/reset;token=abc/next', '/reset;token=[redacted]'],
    ['https://a.example/cb?token=abc', 'https://a.example/cb?token=[redacted]'],
    ['https://a.example/cb?code=abc&page=2', 'https://a.example/cb?code=[redacted]&page=2'],
    ['next=/cb?to=/d?token=abc', 'next=/cb?to=/d?token=[redacted]'],
    ['nothing to see', 'nothing to see'],
    ['exit code: 42', 'exit code: 42'],
    ['select=all', 'select=all'],
  ])('%s', (text, clean) => expect(withoutSecrets(text)).toBe(clean));

  it.each([
    ['words', 'a'.repeat(200_000)],
    ['the beginning of a token', 'eyJ'.repeat(70_000)],
    ['names', 'token.'.repeat(40_000)],
    ['schemes', 'bearer '.repeat(30_000)],
    ['equals signs', 'a=:'.repeat(70_000)],
    ['URLs', '://a'.repeat(50_000)],
    ['parameters', '?a=&b'.repeat(40_000)],
  ])('of %s takes no time', (_, text) => {
    const started = performance.now();
    withoutSecrets(text);
    expect(performance.now() - started).toBeLessThan(50);
  });
});

describe('a text that quotes a request', () => {
  const live = new LiveConfig(resolveConfig(GUARD_CONFIG_SECTIONS, {}), GUARD_CONFIG_SECTIONS);
  const redaction = new Redaction(live);

  it.each(['correct"horse', 'back\\slash', 'line\nfeed', '"\\"'.repeat(3)])(
    'hides the secret %j where it is quoted as JSON',
    (password) => {
      const request = guardedRequest({ body: { user: { password } } });
      const json = JSON.stringify(request.body);
      expect(redaction.text(`failed with ${json}`, request)).toBe('failed with {"user":{"password":"[redacted]"}}');
      expect(redaction.text(JSON.stringify(json), request)).toBe('"{\\"user\\":{\\"password\\":\\"[redacted]\\"}}"');
    },
  );

  it.each([
    ['<b>&token=correct-horse', '<b>&token=[redacted]'],
    ['horse-battery&q=<b>', '[redacted]&q=<b>'],
    ['ery&q=<b>', 'ery&q=<b>'],
    ['q=<b>&to correct-h', 'q=<b>&to [redacted]'],
    ['in correct-horse-battery between', 'in [redacted] between'],
    ['correct', '[redacted]'],
  ])('hides the ends of a secret from the excerpt %s', (excerpt, clean) => {
    const request = guardedRequest({ headers: { 'x-api-key': 'correct-horse-battery' } });
    expect(redaction.evidence({ excerpt }, request)).toEqual({ excerpt: clean });
  });
});
