import { geoLimitProblems } from '../../lib/rate-limit/geo-rate-limit.decorator';
import { ruleProblems } from '../../lib/rate-limit/rate-limit-rule';

const paths = (problems: { path?: string }[]) => problems.map(({ path }) => path);

describe('rules', () => {
  it.each([
    ['the smallest', { requests: 1, window: 1 }],
    ['the longest window', { requests: 1, window: 2_147_483 }],
    ['a burst above the limit', { requests: 2, window: 10, burst: 4, algorithm: 'token-bucket' }],
    ['a cost within the burst', { requests: 2, window: 10, burst: 4, cost: 4, algorithm: 'token-bucket' }],
    ['functions', { requests: () => 1, window: 1, cost: () => 1, key: () => 'k' }],
  ])('accept %s', (_, rule) => {
    expect(ruleProblems(rule, 'functions')).toEqual([]);
  });

  it.each([
    ['nothing', undefined, [undefined]],
    ['a limit of zero', { requests: 0, window: 60 }, ['.requests']],
    ['a fraction', { requests: 2.5, window: 60 }, ['.requests']],
    ['a negative limit', { requests: -1, window: 60 }, ['.requests']],
    ['a text', { requests: '5', window: 60 }, ['.requests']],
    ['no window', { requests: 1 }, ['.window']],
    ['a window of zero', { requests: 1, window: 0 }, ['.window']],
    ['half a second', { requests: 1, window: 0.5 }, ['.window']],
    ['a window over 2^31 ms', { requests: 1, window: 2_147_484 }, ['.window']],
    ['a burst on a sliding window', { requests: 1, window: 1, burst: 2, algorithm: 'sliding-window' }, ['.burst']],
    ['a cost above the limit', { requests: 2, window: 1, cost: 3 }, ['.cost']],
    ['an unknown algorithm', { requests: 1, window: 1, algorithm: 'fixed' }, ['.algorithm']],
    ['a name that no header could have', { requests: 1, window: 1, name: 'a "b"' }, ['.name']],
    ['a key that is no function', { requests: 1, window: 1, key: 'ip' }, ['.key']],
    ['several at once', { requests: 0, window: 0, cost: 0 }, ['.requests', '.window', '.cost']],
  ])('refuse %s', (_, rule, expected) => {
    expect(paths(ruleProblems(rule, 'functions'))).toEqual(expected);
  });

  it('suggest the field that was meant, and take functions only from decorators', () => {
    expect(ruleProblems({ request: 1, requests: 1, window: 1 })).toMatchObject([
      { path: '.request', suggestion: 'requests' },
    ]);
    expect(paths(ruleProblems({ requests: () => 1, window: 1 }))).toEqual(['.requests']);
  });
});

describe('limits by country', () => {
  it.each([
    ['no limits', { limits: {}, window: 60 }, [undefined]],
    ['an unknown country', { limits: { XX: 1 }, window: 60 }, ['.XX']],
    ['a name of a country', { limits: { France: 1 }, window: 60 }, ['.France']],
    ['a limit of zero', { limits: { FR: 0 }, window: 60 }, ['.FR.requests']],
    ['a fraction', { limits: { default: 1.5 }, window: 60 }, ['.default.requests']],
    ['a bad window of a country', { limits: { FR: { requests: 1, window: 0 } }, window: 60 }, ['.FR.window']],
    ['a bad window', { limits: { FR: 1 }, window: 0 }, ['.window']],
  ])('refuse %s', (_, options, expected) => {
    expect(paths(geoLimitProblems(options))).toEqual(expected);
  });

  it('accept codes in either case', () => {
    expect(geoLimitProblems({ limits: { us: 1, FR: { requests: 1, window: 1 }, default: 2 }, window: 60 })).toEqual([]);
  });
});
