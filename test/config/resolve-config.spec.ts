import { inspect } from 'node:util';
import type { GuardConfigInput } from '../../lib/config/guard-config';
import { GUARD_CONFIG_SECTIONS } from '../../lib/guard.config-sections';
import { ModeConfig } from '../../lib/policy/mode.config';
import { AddressRulesConfig } from '../../lib/platform/address-rules.config';
import { ClientAddressConfig } from '../../lib/platform/client-address.config';
import { GuardConfigError } from '../../lib/config/config-problem';
import type { ConfigSection } from '../../lib/config/config-section';
import { LiveConfig } from '../../lib/config/live-config';
import { nearestName } from '../../lib/config/nearest-name';
import { configWarnings, resolveConfig } from '../../lib/config/resolve-config';
import { Callable, Flag, Numeric, OneOf, Text, Whole } from '../../lib/config/setting';

class ExampleConfig {
  @Whole({ min: 1, max: 10 })
  whole = 5;

  @Numeric({ min: 0 })
  numeric = 0.5;

  @Flag()
  flag = false;

  @OneOf('red', 'green', false)
  choice: string | boolean = 'red';

  @Text()
  secretToken?: string;

  @Callable()
  hook?: () => void;

  static problems(config: object) {
    const { whole, flag } = config as ExampleConfig;
    return flag && whole === 10 ? [{ path: 'whole', value: whole, message: 'cannot be 10 with flag' }] : [];
  }

  static warnings(config: object) {
    const { choice } = config as ExampleConfig;
    return choice === false ? [{ code: 'GUARD_EXAMPLE', path: 'choice', message: 'is off' }] : [];
  }
}

const SECTIONS: ConfigSection[] = [ExampleConfig, AddressRulesConfig, ClientAddressConfig, ModeConfig];

const resolve = (input: unknown) => resolveConfig(SECTIONS, input) as unknown as ExampleConfig & AddressRulesConfig;

function captured(read: () => unknown): GuardConfigError {
  try {
    read();
  } catch (error) {
    if (error instanceof GuardConfigError) return error;
    throw error;
  }
  throw new Error('it was accepted');
}

function problemsOf(input: unknown) {
  return captured(() => resolve(input)).problems.map(({ path }) => path);
}

describe('resolveConfig', () => {
  it('fills in every default', () => {
    expect(resolve(undefined)).toMatchObject({ whole: 5, numeric: 0.5, flag: false, choice: 'red', whitelist: null });
    expect(resolve({ whole: undefined })).toMatchObject({ whole: 5 });
  });

  it.each([
    [{ whole: '7' }, { whole: 7 }],
    [{ whole: ' 7 ' }, { whole: 7 }],
    [{ numeric: '.25' }, { numeric: 0.25 }],
    [{ flag: 'true' }, { flag: true }],
    [{ flag: 'false' }, { flag: false }],
  ])('reads %p as environment variables come', (input, expected) => {
    expect(resolve(input)).toMatchObject(expected);
  });

  it.each<[input: GuardConfigInput, expected: object]>([
    [
      { endpointRateLimits: { '/a': ['10', '60'], 'POST /b': [5, '60'] } },
      { endpointRateLimits: { '/a': [10, 60], 'POST /b': [5, 60] } },
    ],
    [
      {
        behaviorRules: [{ type: 'return', pattern: '404', maxOccurrences: '3', window: '60', action: 'log' }],
      } as object,
      { behaviorRules: [{ pattern: '404', maxOccurrences: 3, window: 60 }] },
    ],
    [
      { customErrorResponses: { 429: '60', 503: { retry: '60', again: 'true' } } },
      { customErrorResponses: { 429: '60', 503: { retry: '60', again: 'true' } } },
    ],
  ])('reads numbers within %j where only numbers are accepted, and leaves texts alone', (input, expected) => {
    const given = JSON.stringify(input);
    expect(resolveConfig(GUARD_CONFIG_SECTIONS, input)).toMatchObject(expected);
    expect(JSON.stringify(input)).toBe(given);
  });

  it.each([
    [{ '/a': ['10', 'x'] }, ['endpointRateLimits["/a"].window']],
    [{ '/a': ['0', '60'] }, ['endpointRateLimits["/a"].requests']],
    [{ '/a': ['10', ''] }, ['endpointRateLimits["/a"].window']],
    [{ '/a': '10,60' }, ['endpointRateLimits["/a"]']],
  ])('rejects the limits %j at %j', (endpointRateLimits, paths) => {
    const error = captured(() => resolveConfig(GUARD_CONFIG_SECTIONS, { endpointRateLimits }));
    expect(error.problems.map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    [{ whole: 0 }, ['whole']],
    [{ whole: 2.5 }, ['whole']],
    [{ whole: '7x' }, ['whole']],
    [{ whole: '' }, ['whole']],
    [{ whole: NaN }, ['whole']],
    [{ whole: null }, ['whole']],
    [{ numeric: Infinity }, ['numeric']],
    [{ flag: 'yes' }, ['flag']],
    [{ flag: 1 }, ['flag']],
    [{ choice: 'blue' }, ['choice']],
    [{ secretToken: '' }, ['secretToken']],
    [{ hook: 'no function' }, ['hook']],
    [{ whol: 1 }, ['whol']],
    [{ constructor: 1 }, ['constructor']],
    [{ blacklist: ['10.0.0.0/33', '10.0.0.1', 7] }, ['blacklist[0]', 'blacklist[2]']],
    [{ blacklist: '10.0.0.1' }, ['blacklist']],
    [{ trustedProxies: ['::ffff:10.0.0.0/8'] }, ['trustedProxies[0]']],
    [{ trustXForwardedProto: true }, ['trustXForwardedProto']],
    [{ clientIpHeader: 'not a header' }, ['clientIpHeader']],
    [{ checkModes: { rate_limits: 'off', ip: 'sometimes' } }, ['checkModes.rate_limits', 'checkModes.ip']],
    [{ whole: 10, flag: true }, ['whole']],
    [{ unknown: 1, whole: 10, flag: true, numeric: -1 }, ['unknown', 'numeric', 'whole']],
    [{ whole: 11, flag: true }, ['whole']],
    [{ ipv6Subnet: 3, trustXForwardedProto: true }, ['ipv6Subnet', 'trustXForwardedProto']],
    [{ trustedProxies: 7, trustXForwardedProto: true }, ['trustedProxies']],
    [{ trustedProxies: null, trustXForwardedProto: true }, ['trustedProxies']],
    [[], ['config']],
    ['text', ['config']],
    [null, ['config']],
  ])('rejects %p at %p', (input, paths) => {
    expect(problemsOf(input)).toEqual(paths);
  });

  it('lists all problems at once, with value, what is accepted and the nearest name', () => {
    expect(() => resolve({ whole: -1, blackList: [], flag: 'no' })).toThrow(
      'nestapi-guard: 3 problems found (GUARD_CONFIG_INVALID, see docs/errors.md#guard_config_invalid):\n' +
        '  - blackList: is not a known field; did you mean "blacklist"?\n' +
        '  - whole: -1 is not accepted; use a whole number from 1 to 10\n' +
        '  - flag: "no" is not accepted; use true or false',
    );
  });

  it.each([
    ['lopback', 'loopback'],
    ['Unix', 'unix'],
    ['10.0.0.1/33', undefined],
    ['proxy.internal', undefined],
    [7, undefined],
  ])('takes %j for the name of a trusted proxy, which may have meant %s', (entry, suggestion) => {
    const error = captured(() => resolve({ trustedProxies: ['10.0.0.1', entry] }));
    expect(error.problems).toMatchObject([{ path: 'trustedProxies[1]', value: entry }]);
    expect(error.problems[0]?.suggestion).toBe(suggestion);
  });

  it('never prints a secret', () => {
    expect(() => resolve({ secretToken: { oops: 'hunter2' } })).toThrow('[redacted]');
    expect(() => resolve({ secretToken: { oops: 'hunter2' } })).not.toThrow('hunter2');
    // Nest prints the whole error.
    for (const input of [{ secretToken: { oops: 'hunter2' } }, { whole: 'https://user:hunter2@mirror.example/' }])
      expect(
        inspect(
          captured(() => resolve(input)),
          { depth: 9 },
        ),
      ).not.toContain('hunter2');
  });

  it('leaves the input alone', () => {
    const input = Object.freeze({ whole: '7', blacklist: Object.freeze(['10.0.0.1']) });
    expect(resolve(input)).toMatchObject({ whole: 7 });
  });

  it('reports what is accepted and yet suspicious', () => {
    const config = resolveConfig(SECTIONS, {
      choice: false,
      whitelist: [],
      exemptIps: ['10.0.0.1'],
      trustedProxies: ['0.0.0.0/0', '10.0.0.1'],
    });
    expect(
      configWarnings(SECTIONS, config)
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['GUARD_EMPTY_WHITELIST', 'GUARD_EXAMPLE', 'GUARD_PERMISSIVE_PROXIES', 'GUARD_WHITELISTED_PROXY']);
  });
});

describe('LiveConfig', () => {
  const live = () => new LiveConfig(resolveConfig(SECTIONS, {}), SECTIONS);

  it('changes the configuration in place', () => {
    const config = live();
    const held = config.current as unknown as ExampleConfig;
    config.update({ whole: 6 } as object);
    expect(held.whole).toBe(6);
  });

  it.each([
    ['is invalid', { whole: 11 }, () => undefined],
    [
      'is objected to',
      { whole: 6 },
      () => {
        throw new Error('no');
      },
    ],
  ])('changes nothing when the update %s', (_, update, objection) => {
    const config = live();
    const committed = jest.fn();
    config.onPrepare(() => committed);
    config.onPrepare(objection);
    expect(() => config.update(update as object)).toThrow();
    expect((config.current as unknown as ExampleConfig).whole).toBe(5);
    expect(committed).not.toHaveBeenCalled();
  });
});

describe('nearestName', () => {
  it.each([
    ['blackList', 'blacklist'],
    ['blaclist', 'blacklist'],
    ['trustedProxy', 'trustedProxies'],
    ['x', undefined],
    ['somethingElse', undefined],
  ])('takes %s for %s', (name, expected) => {
    expect(nearestName(name, ['blacklist', 'whitelist', 'trustedProxies'])).toBe(expected);
  });
});
