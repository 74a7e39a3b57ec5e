import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { AdminController, BooksController, OrdersController, ReportsController } from './catalog.controller';

@Module({
  imports: [
    GuardModule.forRoot({
      // So that the curl lines of this sample can play other clients. In production, name your own proxies here.
      trustedProxies: ['loopback'],
      blacklist: ['203.0.113.0/24'],
      blockedUserAgents: ['sqlmap', 'nikto'],
      rateLimit: 60,
      autoBanThreshold: 5,
      autoBanDuration: 60,
    }),
  ],
  controllers: [BooksController, OrdersController, ReportsController, AdminController],
})
export class AppModule {}
