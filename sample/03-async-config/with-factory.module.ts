import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { Environment, EnvironmentModule } from './environment';
import { ParcelsController } from './parcels.controller';

/** The shortest: a function of what it injects. */
@Module({
  imports: [
    GuardModule.forRootAsync({
      imports: [EnvironmentModule],
      inject: [Environment],
      useFactory: ({ trustedProxies, blockedNetworks, requestsPerMinute }: Environment) => ({
        trustedProxies,
        blacklist: blockedNetworks,
        rateLimit: requestsPerMinute,
      }),
    }),
  ],
  controllers: [ParcelsController],
})
export class WithFactoryModule {}
