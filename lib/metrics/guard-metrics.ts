import { Inject, Injectable } from '@nestjs/common';
import { BanService } from '../bans/ban.service';
import { DetectionService } from '../detection/detection.service';
import type { HealthStatus } from '../health/guard-health';
import { GuardHealthIndicator } from '../health/guard-health.indicator';
import type { EventMode, GuardEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { BoundedLabel } from './bounded-label';
import { INSTRUMENTS } from './instruments';
import type { MetricSample } from './metrics-backend';
import { Metrics } from './metrics.service';

const MOST_ROUTES = 200;
const MOST_CATEGORIES = 50;

type Count = (event: GuardEvent) => void;

/** Counts events, and shows bans, health and the time that detection takes. */
@Injectable()
export class GuardMetrics {
  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(GuardEvents) events: GuardEvents,
    @Inject(DetectionService) detection: DetectionService,
    @Inject(BanService) private readonly bans: BanService,
    @Inject(GuardHealthIndicator) private readonly health: GuardHealthIndicator,
  ) {
    if (!metrics.enabled) return;
    // Not `on`, which drops events when subscribers are too slow: what is counted is counted at once.
    events.count(eventCounter(metrics));
    detection.onInspected = metrics.histogram(INSTRUMENTS.detection);
    metrics.gauge(INSTRUMENTS.bans, () => [{ labels: {}, value: this.bans.count() }]);
    metrics.gauge(INSTRUMENTS.degraded, () => this.parts((status) => status === 'degraded' || status === 'down'));
    metrics.gauge(INSTRUMENTS.down, () => this.parts((status) => status === 'down'));
    metrics.gauge(INSTRUMENTS.sourceAge, () => this.ages());
  }

  private parts(holds: (status: HealthStatus) => boolean): MetricSample[] {
    const { state, geo, cloud } = this.health.report();
    return Object.entries({ state, geo, cloud }).map(([part, { status }]) => ({
      labels: { part },
      value: holds(status) ? 1 : 0,
    }));
  }

  private ages(): MetricSample[] {
    const { geo, cloud } = this.health.report();
    return Object.entries({ geo, ...cloud.providers }).flatMap(([source, { age }]) =>
      age === undefined ? [] : [{ labels: { source }, value: age }],
    );
  }
}

function eventCounter(metrics: Metrics): Count {
  const decision = metrics.counter(INSTRUMENTS.decisions);
  const failure = metrics.counter(INSTRUMENTS.checkFailures);
  const threat = metrics.counter(INSTRUMENTS.threats);
  const crossing = metrics.counter(INSTRUMENTS.behavior);
  const banMade = metrics.counter(INSTRUMENTS.bansMade);
  const banLifted = metrics.counter(INSTRUMENTS.bansLifted);
  const degradation = metrics.counter(INSTRUMENTS.degradations);
  const routes = new BoundedLabel(MOST_ROUTES);
  const categories = new BoundedLabel(MOST_CATEGORIES);
  return (event) => {
    switch (event.type) {
      case 'refused':
      case 'would_refuse':
        return decision({ check: event.check, outcome: event.type, route: routes.of(event.request.route) });
      case 'threat':
        return threat({ category: categories.of(event.reason), outcome: outcomeOf(event.mode) });
      case 'check_failed':
        return failure({ check: event.check });
      case 'behavior':
        return crossing({ monitor: event.monitor, action: event.action });
      case 'banned':
      case 'would_ban':
        return banMade({ by: event.automatic ? 'guard' : 'application', outcome: event.type });
      case 'unbanned':
        return banLifted();
      case 'degraded':
        return degradation({ part: event.subject });
      default:
    }
  };
}

function outcomeOf(mode: EventMode): string {
  return mode === 'enforce' ? 'refused' : 'would_refuse';
}
