import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { AuctionGateway } from './auction.gateway';

@Module({
  imports: [
    GuardModule.forRoot({
      // So that the lines of this sample can play other clients. In production, name your own proxies here.
      trustedProxies: ['loopback'],
      blacklist: ['203.0.113.0/24'],
    }),
  ],
  providers: [AuctionGateway],
})
export class AppModule {}
