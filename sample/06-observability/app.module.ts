import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { GuardModule, openTelemetryMetrics, prometheusMetrics } from 'nestapi-guard';
import { Alarm } from './alarm';
import { ArticlesController } from './articles.controller';
import { HealthController } from './health.controller';
import { OperationsController } from './operations.controller';
import { meters, registry } from './telemetry';

@Module({
  imports: [
    TerminusModule.forRoot({ logger: false }),
    GuardModule.forRoot({
      // So that the curl lines of this sample can play other clients. In production, name your own proxies here.
      trustedProxies: ['loopback'],
      metrics: [prometheusMetrics(registry), openTelemetryMetrics(meters)],
      // Rehearsed: reported, counted and let through. Everything else is enforced.
      checkModes: { penetration: 'dry-run' },
    }),
  ],
  controllers: [ArticlesController, HealthController, OperationsController],
  providers: [Alarm],
})
export class AppModule {}
