import { cloudHealth, geoHealth, stateHealth, worst } from '../../lib/health/guard-health';

const NOW = 1_800_000_000_000;
const built = new Date(NOW - 5_000);

describe('the health of the state store', () => {
  it.each([
    ['healthy', 'local', { status: 'up', age: 5 }],
    ['degraded', 'local', { status: 'degraded', age: 5, reason: 'unreachable' }],
    ['degraded', 'allow', { status: 'degraded', age: 5, reason: 'unreachable' }],
    // Every request with a limit is refused.
    ['degraded', 'deny', { status: 'down', age: 5, reason: 'unreachable' }],
  ] as const)('%s with onStoreError %s', (state, onStoreError, health) => {
    const reason = state === 'degraded' ? 'unreachable' : undefined;
    expect(stateHealth({ state, reason, since: NOW - 5_000 }, onStoreError, NOW)).toEqual(health);
  });

  it('has no negative age when the clock was set back', () => {
    expect(stateHealth({ state: 'healthy', since: NOW + 5_000 }, 'local', NOW).age).toBe(0);
  });
});

describe('the health of countries', () => {
  it.each([
    ['no source', { source: 'none', ready: false, stale: false }, { status: 'unused' }],
    ['a database that nobody asked for yet', { source: 'bundled', ready: true, stale: false }, { status: 'unused' }],
    ['a handler', { source: 'handler', ready: true, stale: false, loadedAt: built }, { status: 'up' }],
    ['a database', { source: 'file', ready: true, stale: false, loadedAt: built, age: 7 }, { status: 'up', age: 7 }],
    [
      'an old database',
      { source: 'file', ready: true, stale: true, loadedAt: built, age: 9e6 },
      { status: 'degraded', age: 9e6, reason: 'the database is older than 30 days' },
    ],
    [
      'a database whose update failed',
      { source: 'file', ready: true, stale: true, loadedAt: built, age: 9e6, problem: 'truncated' },
      { status: 'degraded', age: 9e6, reason: 'truncated' },
    ],
    [
      'a broken database',
      { source: 'file', ready: false, stale: false, problem: 'HTML' },
      { status: 'down', reason: 'HTML' },
    ],
    ['a late database', { source: 'ipinfo', ready: false, stale: false }, { status: 'down', reason: 'not loaded yet' }],
  ] as const)('%s', (_, status, health) => {
    expect(geoHealth(status)).toEqual(health);
  });
});

describe('the health of cloud ranges', () => {
  const AWS = {
    provider: 'AWS',
    ready: true,
    networks: 3,
    regions: [],
    updatedAt: built,
    age: 5,
    stale: false,
  } as const;
  const GCP = { ...AWS, provider: 'GCP', age: 9 } as const;
  const missing = { provider: 'Azure', ready: false, networks: 0, regions: [], stale: false } as const;

  it.each([
    ['nothing', [], { status: 'unused', providers: {} }],
    [
      'fresh ranges',
      [AWS, GCP],
      { status: 'up', age: 9, providers: { AWS: { status: 'up', age: 5 }, GCP: { status: 'up', age: 9 } } },
    ],
    [
      'a failed refresh',
      [AWS, { ...GCP, problem: '503' }],
      {
        status: 'degraded',
        age: 9,
        reason: 'GCP: 503',
        providers: { GCP: { status: 'degraded', reason: 'GCP: 503' } },
      },
    ],
    ['old ranges', [{ ...AWS, stale: true }], { status: 'degraded', reason: 'AWS: older than a week' }],
    ['ranges that never came', [AWS, missing], { status: 'down', age: 5, reason: 'Azure: not downloaded yet' }],
  ] as const)('%s', (_, providers, health) => {
    expect(
      cloudHealth({ healthy: true, providers: [...providers].map((each) => ({ ...each, regions: [] })) }),
    ).toMatchObject(health);
  });
});

it('is as bad as its worst part', () => {
  const parts = [
    { status: 'up' },
    { status: 'down', reason: 'gone' },
    { status: 'degraded' },
    { status: 'unused' },
  ] as const;
  expect(worst(parts)).toEqual({ status: 'down', reason: 'gone' });
});
