import type { ExecutionContext } from '@nestjs/common';
import type { GuardedRequest } from '../../lib/platform/guarded-request';
import { NoAnswerError } from '../../lib/policy/in-time';
import { createTier, type TierOptions } from '../../lib/rate-limit/tier';

const request = { kind: 'http', clientKey: '192.0.2.1' } as GuardedRequest;
const context = {} as ExecutionContext;
const OPTIONS: TierOptions = {
  name: 'default',
  key: 'route',
  requests: 10,
  windowMs: 1000,
  algorithm: 'sliding-window',
};
const never = () => new Promise<never>(() => undefined);

describe('A limit with functions', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it.each([
    ['client', { client: never }],
    ['cost', { cost: never }],
    ['requests', { requests: never }],
  ])('waits five seconds for its %s and no longer', async (_, options) => {
    const asked = Promise.resolve(createTier({ ...OPTIONS, ...options }).of(request, context));
    const settled = expect(asked).rejects.toThrow(NoAnswerError);
    await jest.advanceTimersByTimeAsync(5000);
    await settled;
    expect(jest.getTimerCount()).toBe(0);
  });

  it('sets no timer for what answers at once', () => {
    const tier = createTier({ ...OPTIONS, client: () => 'tenant' }).of(request, context);
    expect(tier).toMatchObject({ client: 'key:tenant', limit: 10 });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('takes a promise of any kind', async () => {
    const client = { then: (keep: (key: string) => void) => keep('tenant') } as unknown as Promise<string>;
    await expect(createTier({ ...OPTIONS, client: () => client }).of(request, context)).resolves.toMatchObject({
      client: 'key:tenant',
    });
  });
});
