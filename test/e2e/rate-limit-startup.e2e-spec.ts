import { Controller, Get, Logger, type Type } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import { Test } from '@nestjs/testing';
import {
  GeoRateLimit,
  GuardConfigError,
  type GuardConfigInput,
  GuardModule,
  RateLimit,
  SuspiciousDetection,
} from 'nestapi-guard';
import { PLATFORMS, startApp } from '../support/platforms';

@Controller()
class PlainController {
  @Get('plain')
  plain() {
    return 'ok';
  }
}

function decorated(decorator: MethodDecorator): Type {
  @Controller()
  class SomeController {
    @Get()
    @decorator
    run() {
      return 'ok';
    }
  }
  return SomeController;
}

async function problems(config: GuardConfigInput, controller: Type = PlainController): Promise<string[]> {
  const module = Test.createTestingModule({ imports: [GuardModule.forRoot(config)], controllers: [controller] });
  const error: unknown = await module.compile().then(
    () => new Error('the application started'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof GuardConfigError)) throw error;
  return error.problems.map(({ path }) => path);
}

describe('limits at start-up', () => {
  it.each<[string, object, string[]]>([
    ['a limit of zero', { rateLimit: 0 }, ['rateLimit']],
    ['a fraction', { rateLimit: 1.5 }, ['rateLimit']],
    ['a window over 2^31 ms', { rateLimitWindow: 2_147_484 }, ['rateLimitWindow']],
    ['an unknown algorithm', { rateLimitAlgorithm: 'fixed' }, ['rateLimitAlgorithm']],
    ['unknown headers', { rateLimitHeaders: true }, ['rateLimitHeaders']],
    ['a key that is no function', { rateLimitKey: 'ip' }, ['rateLimitKey']],
    ['endpoints in a list', { endpointRateLimits: [] }, ['endpointRateLimits']],
    ['a pattern that is no path', { endpointRateLimits: { cats: [1, 1] } }, ['endpointRateLimits["cats"]']],
    ['an endpoint without window', { endpointRateLimits: { '/cats': [1] } }, ['endpointRateLimits["/cats"]']],
    ['detection of nothing', { detectionCategories: [] }, ['detectionCategories']],
    ['an endpoint of zero', { endpointRateLimits: { '/cats': [0, 1] } }, ['endpointRateLimits["/cats"].requests']],
    ['an endpoint with a bad window', { endpointRateLimits: { '/a': [1, 0.5] } }, ['endpointRateLimits["/a"].window']],
  ])('the configuration refuses %s', async (_, config, expected) => {
    expect(await problems(config)).toEqual(expected);
  });

  it.each<[string, MethodDecorator, string[]]>([
    ['a limit of zero', RateLimit({ requests: 0, window: 1 }), ['SomeController.run @RateLimit[0].requests']],
    ['a fraction', RateLimit({ requests: 1, window: 1.5 }), ['SomeController.run @RateLimit[0].window']],
    [
      'an unknown field',
      RateLimit({ requests: 1, window: 1, limit: 2 } as { requests: number; window: number }),
      ['SomeController.run @RateLimit[0].limit'],
    ],
    ['no limit at all', RateLimit(undefined as never), ['SomeController.run @RateLimit[0]']],
    [
      'detection of nothing',
      SuspiciousDetection({ categories: [] }),
      ['SomeController.run @SuspiciousDetection.categories'],
    ],
    ['an unknown country', GeoRateLimit({ ZZ: 1 }), ['SomeController.run @GeoRateLimit.ZZ']],
    [
      'a burst on a sliding window',
      RateLimit({ requests: 1, window: 1, burst: 2 }),
      ['SomeController.run @RateLimit[0].burst'],
    ],
    ['a throttle of zero', Throttle({ default: { limit: 0, ttl: 1_000 } }), ['SomeController.run @Throttle']],
    ['a throttle without end', Throttle({ default: { limit: 1, ttl: 2 ** 31 } }), ['SomeController.run @Throttle']],
  ])('a decorator refuses %s', async (_, decorator, expected) => {
    expect(await problems({}, decorated(decorator))).toEqual(expected);
  });

  it('refuses two limits of one name', async () => {
    @Controller()
    class TwiceController {
      @Get()
      @RateLimit({ requests: 1, window: 1, name: 'a' })
      @RateLimit({ requests: 2, window: 2, name: 'a' })
      run() {
        return 'ok';
      }
    }
    expect(await problems({}, TwiceController)).toEqual(['TwiceController.run @RateLimit[1].name']);
  });

  it('takes numbers and flags from environment variables', async () => {
    const config: GuardConfigInput = { rateLimit: '2', rateLimitWindow: '10', enableRateLimiting: 'true' };
    const app = await startApp('fastify', { controllers: [PlainController], config });
    expect((await app.get('/plain')).headers['ratelimit-policy']).toBe('"default";q=2;w=10');
    await app.close();
  });
});

describe.each(PLATFORMS)('warnings about limits on %s', (platform) => {
  const warnings = async (config: GuardConfigInput, controller: Type = PlainController) => {
    const lines: unknown[] = [];
    const spy = jest.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(line));
    const app = await startApp(platform, { controllers: [controller], config });
    await app.close();
    spy.mockRestore();
    return lines.filter((line) => String(line).startsWith('GUARD_RATE') || String(line).startsWith('GUARD_ENDPOINT'));
  };

  it('names endpoints that are no route', async () => {
    const endpointRateLimits: GuardConfigInput['endpointRateLimits'] = { '/plain': [1, 1], '/plane': [1, 1] };
    const lines = await warnings({ endpointRateLimits });
    expect(lines).toEqual([expect.stringMatching(/^GUARD_ENDPOINT_WITHOUT_ROUTE endpointRateLimits\["\/plane"\]/)]);
  });

  it('names what is off', async () => {
    const controller = decorated(RateLimit({ requests: 1, window: 1 }));
    const lines = await warnings({ enableRateLimiting: false, endpointRateLimits: { '/plain': [1, 1] } }, controller);
    expect(lines).toEqual([
      expect.stringMatching(/^GUARD_RATE_LIMITING_OFF endpointRateLimits/),
      expect.stringMatching(/^GUARD_RATE_LIMITING_OFF SomeController.run/),
    ]);
  });
});
