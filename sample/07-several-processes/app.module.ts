import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { BansController, QuotesController } from './quotes.controller';

@Module({
  imports: [
    GuardModule.forRootAsync({
      useFactory: () => ({
        redisUrl: process.env.REDIS_URL,
        redisPrefix: 'quotes:',
        // All of it runs on one machine here, which may be busy; the default of 0.1 is for a Redis that is not.
        redisCommandTimeout: 2,
        // So that the curl lines of this sample can play other clients. In production, name your own proxies here.
        trustedProxies: ['loopback'],
      }),
    }),
  ],
  controllers: [QuotesController, BansController],
})
export class AppModule {}
