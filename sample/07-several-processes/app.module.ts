import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { BansController, QuotesController } from './quotes.controller';

@Module({
  imports: [
    GuardModule.forRootAsync({
      useFactory: () => ({
        redisUrl: process.env.REDIS_URL,
        redisPrefix: 'quotes:',
        // So that the curl lines of this sample can play other clients. In production, name your own proxies here.
        trustedProxies: ['loopback'],
      }),
    }),
  ],
  controllers: [QuotesController, BansController],
})
export class AppModule {}
