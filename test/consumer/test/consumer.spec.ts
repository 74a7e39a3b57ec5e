import { Test } from '@nestjs/testing';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { RateLimitService } from 'nestapi-guard';
import { overrideGuard, TestStateStore } from 'nestapi-guard/testing';
import { AppModule } from '../src/app.module';
import { exercise, exerciseTools, hasDecoratorMetadata } from '../src/exercise';

describe('a guarded application', () => {
  it('works on Express', () => exercise(new ExpressAdapter()));
  it('works on Fastify', () => exercise(new FastifyAdapter()));
  it('finds nothing optional', () => exerciseTools());
  it('has decorator metadata', () => expect(hasDecoratorMetadata()).toBe(true));

  it('counts in the store of the test', async () => {
    const store = new TestStateStore();
    const builder = overrideGuard(Test.createTestingModule({ imports: [AppModule] }), { store });
    const app = await builder.compile();
    const limits = app.get(RateLimitService);
    const consume = async () => (await limits.consume('key', { requests: 1, window: 60 })).allowed;
    expect([await consume(), await consume()]).toEqual([true, false]);
    store.advance(60);
    expect(await consume()).toBe(true);
    await app.close();
  });
});
