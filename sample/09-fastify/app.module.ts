import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { ReadingsController } from './readings.controller';

@Module({
  imports: [
    GuardModule.forRoot({
      // So that the curl lines of this sample can play other clients. Fastify's own `trustProxy` need not be set.
      trustedProxies: ['loopback'],
      blacklist: ['203.0.113.0/24'],
    }),
  ],
  controllers: [ReadingsController],
})
export class AppModule {}
