import { Inject, Injectable, Module } from '@nestjs/common';
import { type GuardConfigFactory, type GuardConfigInput, GuardModule } from 'nestapi-guard';
import { Environment, EnvironmentModule } from './environment';
import { ParcelsController } from './parcels.controller';

/** Nest makes it for the guard alone: the rules have a file of their own, and dependencies. */
@Injectable()
export class GuardSettings implements GuardConfigFactory {
  constructor(@Inject(Environment) private readonly environment: Environment) {}

  createGuardConfig(): GuardConfigInput {
    return {
      trustedProxies: this.environment.trustedProxies,
      blacklist: this.environment.blockedNetworks,
      rateLimit: this.environment.requestsPerMinute,
    };
  }
}

@Module({
  imports: [GuardModule.forRootAsync({ imports: [EnvironmentModule], useClass: GuardSettings })],
  controllers: [ParcelsController],
})
export class WithClassModule {}
