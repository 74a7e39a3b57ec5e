import { Controller, Get, Inject, Injectable, Module } from '@nestjs/common';
import { type GuardConfigFactory, type GuardConfigInput, GuardModule } from 'nestapi-guard';
import { Environment, EnvironmentModule } from './environment';
import { ParcelsController } from './parcels.controller';

/** The operator's contract, which other parts of the application read as well: stands for a row of its database. */
@Injectable()
export class Contract implements GuardConfigFactory {
  constructor(@Inject(Environment) private readonly environment: Environment) {}

  async terms() {
    const { requestsPerMinute, supportUrl } = this.environment;
    return { requestsPerMinute, supportUrl };
  }

  async createGuardConfig(): Promise<GuardConfigInput> {
    const { requestsPerMinute, supportUrl } = await this.terms();
    return {
      trustedProxies: this.environment.trustedProxies,
      blacklist: this.environment.blockedNetworks,
      rateLimit: requestsPerMinute,
      customErrorResponses: { 429: `More than ${requestsPerMinute} requests a minute? ${supportUrl}` },
    };
  }
}

@Module({ imports: [EnvironmentModule], providers: [Contract], exports: [Contract] })
class ContractModule {}

/** Tells the limit that is enforced: both come from the one instance. */
@Controller('terms')
class TermsController {
  constructor(@Inject(Contract) private readonly contract: Contract) {}

  @Get()
  terms() {
    return this.contract.terms();
  }
}

@Module({
  imports: [ContractModule, GuardModule.forRootAsync({ imports: [ContractModule], useExisting: Contract })],
  controllers: [ParcelsController, TermsController],
})
export class WithExistingModule {}
