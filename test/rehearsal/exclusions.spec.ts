import { exclusionsOf } from '../../lib/rehearsal/exclusions';

const penetration = (place: string | undefined, handler?: string, reason = 'xss') =>
  exclusionsOf({ check: 'penetration', reason, place, handler }, ['a', 'b', 'c', 'd']).map(
    ({ code, where }) => `${code} ${where}`,
  );

describe('what would silence a finding', () => {
  it.each([
    ['body.html', `bodyFields: ['html']`],
    ['body.user.bio', `bodyFields: ['user.bio']`],
    ['query.q', `params: ['q']`],
    ['headers.x-query', `headers: ['x-query']`],
    ['cookies.theme', `cookies: ['theme']`],
    [`body.it's`, `bodyFields: ["it's"]`],
    ['body.a\u202eb', `bodyFields: ["a\\u202eb"]`],
  ])('an attack in %s', (place, list) => {
    expect(penetration(place, 'Notes.create')).toEqual([
      `@SuspiciousDetection({ exclude: { ${list} } }) on Notes.create`,
      `detectionExclude: { ${list} } in the configuration`,
      `@Bypass(['penetration']) on Notes.create`,
    ]);
  });

  it.each([
    ['the path has no name', 'path', 'Notes.create', [`@Bypass(['penetration']) on Notes.create`]],
    ['nothing is named', 'body', 'Notes.create', [`@Bypass(['penetration']) on Notes.create`]],
    ['no place is told', undefined, 'Notes.create', [`@Bypass(['penetration']) on Notes.create`]],
    ['the name is cut', `body.${'x'.repeat(195)}`, 'Notes.create', [`@Bypass(['penetration']) on Notes.create`]],
    ['no route is known', 'query.q', undefined, [`detectionExclude: { params: ['q'] } in the configuration`]],
    ['neither is', undefined, undefined, [`checkModes: { penetration: 'off' } in the configuration`]],
  ])('when %s', (_, place, handler, codes) => {
    expect(penetration(place, handler)).toEqual(codes);
  });

  it('a body that is too large to be inspected', () => {
    expect(penetration(undefined, 'Notes.create', 'inspection budget')[0]).toBe(
      `detectionOverBudget: 'allow' in the configuration`,
    );
  });

  it.each([
    ['rate_limit', 'limit reached', `exemptIps: ['192.0.2.1', '192.0.2.2']`],
    ['user_agent', 'blocked user agent', `exemptIps: ['192.0.2.1', '192.0.2.2']`],
    ['ip', 'not in whitelist', `whitelist: ['192.0.2.1', '192.0.2.2']`],
    ['emergency', 'emergency mode', `emergencyWhitelist: ['192.0.2.1', '192.0.2.2']`],
    // A trusted address is asked these, too.
    ['ip', 'in blacklist', `checkModes: { ip: 'off' }`],
    ['https', 'plain http', `checkModes: { https: 'off' }`],
  ])('%s of a few clients: %s', (check, reason, code) => {
    expect(exclusionsOf({ check, reason }, ['192.0.2.1', '192.0.2.2'])).toEqual([
      { code, where: 'in the configuration' },
    ]);
  });

  it('exempts no crowd', () => {
    const crowd = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'];
    expect(exclusionsOf({ check: 'rate_limit', reason: 'limit reached', handler: 'Notes.list' }, crowd)).toEqual([
      { code: `@Bypass(['rate_limit'])`, where: 'on Notes.list' },
    ]);
  });
});
