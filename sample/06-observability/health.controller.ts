import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService } from '@nestjs/terminus';
import { Bypass, GuardHealthIndicator, RequireIp } from 'nestapi-guard';

/** For the platform's probes: from inside, and as often as they like. */
@Controller('health')
@RequireIp({ whitelist: ['127.0.0.0/8', '10.0.0.0/8'] })
@Bypass(['rate_limit'])
export class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(GuardHealthIndicator) private readonly guard: GuardHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.guard.isHealthy('guard')]);
  }
}
