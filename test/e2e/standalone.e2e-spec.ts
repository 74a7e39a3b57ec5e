import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { BanService, GuardModule } from 'nestapi-guard';

@Module({ imports: [GuardModule.forRoot()] })
class WorkerModule {}

describe('an application context without a server', () => {
  it('starts, offers the services, and leaves no error behind', async () => {
    const errors: unknown[] = [];
    const listener = (error: unknown) => errors.push(error);
    process.on('uncaughtException', listener);
    try {
      const context = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
      const bans = context.get(BanService);
      expect(await bans.ban('203.0.113.5')).toBe(true);
      expect(bans.isBanned('203.0.113.5')).toBe(true);
      // RxJS reports what a subscriber throws in a timer of its own.
      await new Promise((resolve) => setTimeout(resolve, 1));
      await context.close();
    } finally {
      process.off('uncaughtException', listener);
    }
    expect(errors).toEqual([]);
  });
});
