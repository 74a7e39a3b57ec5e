import { PathSecrets } from '../../lib/observability/path-secrets';

const TEMPLATES = [
  'POST /reset/:token|/renew/:token/now',
  'GET /users/:id/sessions/:sessionId',
  'GET /share/*secretPath',
  'GET /invite{/:token}',
  'GET /download/:token.:ext',
  'GET /once/:otp(\\d+)',
  'GET /cats/:id',
  'GET /status',
  'GET /:token',
];

const secrets = new PathSecrets((name) => /token|session|secret|otp/i.test(name));
for (const template of TEMPLATES) secrets.learn(template);
secrets.learn('GET /cats/:id', ['GET /api/v1/cats/:id']);

describe('a path without its secrets', () => {
  it.each([
    ['/reset/abc', '/reset/[redacted]'],
    ['/api/v1/reset/abc', '/api/v1/reset/[redacted]'],
    ['/RESET/abc', '/RESET/[redacted]'],
    ['/r%65set/a%62c', '/r%65set/[redacted]'],
    ['/reset/abc/', '/reset/[redacted]/'],
    ['//reset//abc', '//reset//[redacted]'],
    ['/renew/abc/now', '/renew/[redacted]/now'],
    ['/users/7/sessions/abc', '/users/7/sessions/[redacted]'],
    ['/share/a/b/c', '/share/[redacted]/[redacted]/[redacted]'],
    ['/v2/share/a/b', '/v2/share/[redacted]/[redacted]'],
    ['/invite/abc', '/invite/[redacted]'],
    ['/invite', '/[redacted]'],
    ['/download/abc.pdf', '/download/[redacted]'],
    ['/once/123456', '/once/[redacted]'],
    ['/reset/%E0%A4%A', '/reset/[redacted]'],
    ['/abc', '/[redacted]'],
    ['/status', '/status'],
    ['/cats/7', '/cats/7'],
    ['/reset/abc/more', '/reset/abc/more'],
    ['/', '/'],
    ['', ''],
    ['*', '*'],
  ])('%s: %s', (path, hidden) => expect(secrets.hide(path)).toBe(hidden));

  it.each([
    ['GET /cats/:id', '/reset/abc', '/reset/abc'],
    ['GET /api/v1/cats/:id', '/reset/abc', '/reset/abc'],
    ['GET /:token', '/api/abc', '/api/[redacted]'],
    ['POST /reset/:token|/renew/:token/now', '/reset/abc', '/reset/[redacted]'],
    ['GET /unknown', '/reset/abc', '/reset/[redacted]'],
  ])('of the route %s: %s is %s', (route, path, hidden) => expect(secrets.hide(path, route)).toBe(hidden));

  it('follows what names are sensitive', () => {
    const sensitive = new Set<string>();
    const paths = new PathSecrets((name) => sensitive.has(name));
    paths.learn('GET /patients/:patient');
    expect(paths.hide('/patients/ada')).toBe('/patients/ada');
    sensitive.add('patient');
    paths.reconsider();
    expect(paths.hide('/patients/ada')).toBe('/patients/[redacted]');
  });

  it('comes to an end with paths that are far too long', () => {
    for (const path of ['/a'.repeat(400_000), '/'.repeat(800_000)]) expect(secrets.hide(path)).toBe(path);
  });
});
