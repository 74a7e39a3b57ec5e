// Everything that the package exports, compiled with its typings checked and nothing optional installed.
import { Controller, Get, Module } from '@nestjs/common';
import * as guard from 'nestapi-guard';
import { type GuardConfigInput, GuardModule, RateLimit, RequireIp } from 'nestapi-guard';
import * as testing from 'nestapi-guard/testing';

declare const redisUrl: string | undefined;
const banned: readonly string[] = ['10.0.0.0/8'];
const config: GuardConfigInput = { rateLimit: 5, blacklist: banned, redisUrl };

// @ts-expect-error: typings that resolve to `any` would accept it
export const mistyped: GuardConfigInput = { blackList: [] };

@Controller()
export class LimitedController {
  @Get()
  @RateLimit({ requests: 1, window: 1 })
  @RequireIp({ whitelist: ['::1'] })
  get() {
    return testing.guardedRequest({ ip: '192.0.2.7' }).ip;
  }
}

@Module({ imports: [GuardModule.forRoot(config)], controllers: [LimitedController] })
export class AppModule {}

export { guard, testing };
