import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { ArticlesController, ReaderController } from './articles.controller';

@Module({
  imports: [
    GuardModule.forRoot({
      // nginx is on the same machine. Elsewhere: the addresses of the proxies, and of nobody else.
      trustedProxies: ['loopback'],
      // The one header that this nginx writes; every other is the client's.
      clientIpHeader: 'x-forwarded-for',
      trustXForwardedProto: true,
    }),
  ],
  controllers: [ArticlesController, ReaderController],
})
export class AppModule {}
