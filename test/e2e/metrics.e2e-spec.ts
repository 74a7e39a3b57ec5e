import { setTimeout as delay } from 'node:timers/promises';
import { Body, Controller, Get, Header, Inject, Injectable, Post } from '@nestjs/common';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BanService,
  DetectionService,
  Bypass,
  type GuardConfigInput,
  GuardControl,
  openTelemetryMetrics,
  prometheusMetrics,
  RateLimit,
  UsageMonitor,
} from 'nestapi-guard';
import { Registry } from 'prom-client';
import { StageRunner } from '../../lib/pipeline/stage-runner';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';

const XSS = '<script>alert(1)</script>';

@Injectable()
class Exposed {
  registry = new Registry();
}

@Controller()
class ShopController {
  @Get('items/:id')
  @RateLimit({ requests: 2, window: 60 })
  item() {
    return 'item';
  }

  @Post('notes')
  note(@Body() body: unknown) {
    return body;
  }

  @Get('watched')
  @UsageMonitor({ maxCalls: 1, window: 60, action: 'log' })
  watched() {
    return 'seen';
  }
}

@Controller('metrics')
@Bypass(['all'])
class MetricsController {
  constructor(@Inject(Exposed) private readonly exposed: Exposed) {}

  @Get()
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics() {
    return this.exposed.registry.metrics();
  }
}

const BEHIND_PROXY: GuardConfigInput = { trustedProxies: ['loopback'] };

describe.each(PLATFORMS)('Prometheus metrics on %s', (platform) => {
  let app: RunningApp;
  let exposed: Exposed;

  const start = async (config: GuardConfigInput = {}) => {
    exposed = new Exposed();
    app = await startApp(platform, {
      config: { ...BEHIND_PROXY, metrics: prometheusMetrics(exposed.registry), ...config },
      controllers: [ShopController, MetricsController],
      providers: [{ provide: Exposed, useValue: exposed }],
    });
  };
  afterEach(() => app.close());

  /** The value of a line of the scrape, by its name and labels in any order. */
  const scrape = async (name: string, labels: Record<string, string> = {}): Promise<number | undefined> => {
    const { text } = await app.get('/metrics', { from: '198.51.100.250' });
    const line = text.split('\n').find((candidate) => {
      const own = candidate.startsWith(`${name} `) || candidate.startsWith(`${name}{`);
      return own && Object.entries(labels).every(([label, value]) => candidate.includes(`${label}="${value}"`));
    });
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ') + 1));
  };

  it('counts what passed, what was refused, by which check and on which route', async () => {
    await start();
    for (let call = 0; call < 5; call++) await app.get(`/items/${call}`, { from: '203.0.113.1' });
    await until(async () => (await scrape('nestapi_guard_requests_total', { outcome: 'refused' })) === 3);
    // Every scrape is a request that passes.
    expect(await scrape('nestapi_guard_requests_total', { outcome: 'passed' })).toBeGreaterThanOrEqual(2);
    const labels = { check: 'rate_limit', outcome: 'refused', route: 'GET /items/:id' };
    expect(await scrape('nestapi_guard_decisions_total', labels)).toBe(3);
    expect(await scrape('nestapi_guard_decisions_total', { outcome: 'would_refuse' })).toBeUndefined();
  });

  it('begins with zeros, so that the first incident is an increase', async () => {
    await start();
    await expect(
      Promise.all([
        scrape('nestapi_guard_requests_total', { outcome: 'refused' }),
        scrape('nestapi_guard_check_failures_total', { check: 'custom_request' }),
        scrape('nestapi_guard_threats_total', { category: 'sql_injection', outcome: 'refused' }),
        scrape('nestapi_guard_behavior_crossings_total', { monitor: 'usage', action: 'ban' }),
        scrape('nestapi_guard_bans_made_total', { by: 'guard', outcome: 'banned' }),
        scrape('nestapi_guard_bans_lifted_total'),
        scrape('nestapi_guard_degradations_total', { part: 'state' }),
      ]),
    ).resolves.toEqual([0, 0, 0, 0, 0, 0, 0]);
    // There would be one for every check and route.
    expect((await app.get('/metrics')).text).not.toMatch(/^nestapi_guard_decisions_total/m);
  });

  it('counts what would have been refused apart', async () => {
    await start({ passiveMode: true });
    expect((await app.post('/notes', { text: XSS }, { from: '203.0.113.2' })).status).toBe(201);
    await until(async () => (await scrape('nestapi_guard_requests_total', { outcome: 'would_refuse' })) === 1);
    const labels = { check: 'penetration', outcome: 'would_refuse', route: 'POST /notes' };
    expect(await scrape('nestapi_guard_decisions_total', labels)).toBe(1);
    expect(await scrape('nestapi_guard_threats_total', { category: 'xss', outcome: 'would_refuse' })).toBe(1);
    expect(await scrape('nestapi_guard_requests_total', { outcome: 'refused' })).toBe(0);
  });

  it('measures the time that the checks and the detection take', async () => {
    await start();
    await app.get('/items/1?q=hello', { from: '203.0.113.3' });
    await until(async () => ((await scrape('nestapi_guard_pipeline_duration_seconds_count')) ?? 0) >= 1);
    const total = (await scrape('nestapi_guard_pipeline_duration_seconds_sum'))!;
    const detection = (await scrape('nestapi_guard_detection_duration_seconds_sum'))!;
    expect(detection).toBeGreaterThan(0);
    expect(total).toBeGreaterThan(detection);
    expect(total).toBeLessThan(5);
    expect(await scrape('nestapi_guard_detection_duration_seconds_count')).toBe(1);
  });

  it('measures a check for as long as it makes a request wait', async () => {
    await start({ customRequestCheck: () => delay(60).then(() => undefined) });
    await app.get('/items/1', { from: '203.0.113.4' });
    await until(async () => ((await scrape('nestapi_guard_pipeline_duration_seconds_sum')) ?? 0) > 0.055);
  });

  it('shows bans that hold, and counts those made and lifted', async () => {
    await start({ autoBanThreshold: 2 });
    for (let call = 0; call < 2; call++) await app.post('/notes', { text: XSS }, { from: '203.0.113.5' });
    const bans = app.app.get(BanService);
    await bans.ban('203.0.113.6');
    expect(await scrape('nestapi_guard_bans')).toBe(2);
    expect(await scrape('nestapi_guard_bans_made_total', { by: 'guard', outcome: 'banned' })).toBe(1);
    expect(await scrape('nestapi_guard_bans_made_total', { by: 'application', outcome: 'banned' })).toBe(1);
    await bans.unban('203.0.113.6');
    expect(await scrape('nestapi_guard_bans')).toBe(1);
    expect(await scrape('nestapi_guard_bans_lifted_total')).toBe(1);
  });

  it('counts crossings of rules about behaviour, and checks that throw', async () => {
    await start({
      customRequestCheck: (request) => {
        if (request.path === '/items/1') throw new Error('out of order');
        return undefined;
      },
    });
    for (let call = 0; call < 2; call++) await app.get('/watched', { from: '203.0.113.7' });
    await until(
      async () => (await scrape('nestapi_guard_behavior_crossings_total', { monitor: 'usage', action: 'log' })) === 1,
    );
    expect((await app.get('/items/1', { from: '203.0.113.7' })).status).toBe(500);
    expect(await scrape('nestapi_guard_check_failures_total', { check: 'custom_request' })).toBe(1);
  });

  it('shows a state store that cannot be used', async () => {
    await start({ redisUrl: 'redis://127.0.0.1:1', onStoreError: 'deny' });
    expect(await scrape('nestapi_guard_degraded', { part: 'state' })).toBe(1);
    expect(await scrape('nestapi_guard_down', { part: 'state' })).toBe(1);
    expect(await scrape('nestapi_guard_degradations_total', { part: 'state' })).toBe(1);
    expect(await scrape('nestapi_guard_degraded', { part: 'geo' })).toBe(0);
  });

  it('shows how old countries are', async () => {
    await start({ blockedCountries: ['KP'] });
    expect(await scrape('nestapi_guard_source_age_seconds', { source: 'geo' })).toBeGreaterThan(0);
  });

  it('names no client, path or secret', async () => {
    await start();
    for (const path of ['/items/secret-item?token=s3cr3t', '/unknown/secret-path', '/items/%3Cscript%3E']) {
      for (let call = 0; call < 4; call++) await app.get(path, { from: '203.0.113.77' });
    }
    const { text } = await app.get('/metrics', { from: '198.51.100.250' });
    expect(text).toContain('nestapi_guard_decisions_total{');
    expect(text).not.toMatch(/203\.0\.113|secret|s3cr3t|script/);
  });

  it('has one row for each of the bounded labels, however many paths there are', async () => {
    await start({ rateLimit: 1 });
    for (let call = 0; call < 60; call++) await app.get(`/nowhere/${call}`, { from: '203.0.113.8' });
    const { text } = await app.get('/metrics', { from: '198.51.100.250' });
    expect(text.split('\n').filter((line) => line.startsWith('nestapi_guard_decisions_total{'))).toEqual([
      expect.stringContaining('route="none"'),
    ]);
  });

  it('cannot be moved while the application runs', async () => {
    await start();
    const control = app.app.get(GuardControl);
    await expect(control.updateConfig({ metrics: prometheusMetrics(new Registry()) })).rejects.toThrow(/restart/);
  });
});

describe('Prometheus metrics', () => {
  it('leave the registry with the application, so that another may use it', async () => {
    const registry = new Registry();
    const config = () => ({ metrics: prometheusMetrics(registry) });
    const first = await startApp('express', { config: config(), controllers: [ShopController] });
    await expect(startApp('express', { config: config(), controllers: [ShopController] })).rejects.toThrow(
      /GUARD_METRICS_REGISTERED_TWICE[^]*registry of its own/,
    );
    await first.close();
    expect(await registry.metrics()).not.toContain('nestapi_guard');
    await (await startApp('express', { config: config(), controllers: [ShopController] })).close();
  });

  it.each([
    ['off', {}, 'StageRunner'],
    ['on', { metrics: prometheusMetrics(new Registry()) }, 'TimedStageRunner'],
  ])('when %s, the request path is that of %p', async (_, config, runner) => {
    const app = await startApp('express', { config, controllers: [ShopController] });
    expect(app.app.get(StageRunner, { strict: false }).constructor.name).toBe(runner);
    expect(app.app.get(DetectionService).onInspected === undefined).toBe(runner === 'StageRunner');
    await app.close();
  });

  it('are refused where they are no backend', async () => {
    const metrics = { counter: true } as never;
    await expect(startApp('express', { config: { metrics } })).rejects.toThrow(/metrics.*prometheusMetrics\(\)/);
  });
});

describe.each(PLATFORMS)('OpenTelemetry metrics on %s', (platform) => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  let app: RunningApp;
  afterAll(() => provider.shutdown());

  const collect = async () => {
    exporter.reset();
    await provider.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return new Map(metrics.map((metric) => [metric.descriptor.name, metric]));
  };

  it('exports the same measurements, beside Prometheus', async () => {
    const registry = new Registry();
    app = await startApp(platform, {
      config: { ...BEHIND_PROXY, metrics: [openTelemetryMetrics(provider), prometheusMetrics(registry)] },
      controllers: [ShopController],
    });
    for (let call = 0; call < 3; call++) await app.get('/items/1', { from: '203.0.113.1' });
    const requests = async () => (await collect()).get('nestapi_guard.requests')!.dataPoints;
    await until(async () =>
      (await requests()).some((point) => point.attributes.outcome === 'refused' && point.value === 1),
    );
    expect(Object.fromEntries((await requests()).map((point) => [point.attributes.outcome, point.value]))).toEqual({
      passed: 2,
      refused: 1,
      would_refuse: 0,
    });
    const found = await collect();
    expect(found.get('nestapi_guard.decisions')!.dataPoints).toEqual([
      expect.objectContaining({
        value: 1,
        attributes: { check: 'rate_limit', outcome: 'refused', route: 'GET /items/:id' },
      }),
    ]);
    const latency = found.get('nestapi_guard.pipeline.duration')!;
    expect(latency.descriptor.unit).toBe('s');
    expect(latency.dataPointType).toBe(DataPointType.HISTOGRAM);
    const [point] = latency.dataPoints as {
      value: { count: number; sum: number; buckets: { boundaries: number[] } };
    }[];
    expect(point!.value.count).toBe(3);
    expect(point!.value.buckets.boundaries[0]).toBeLessThan(0.001);
    expect(found.get('nestapi_guard.degraded')!.dataPoints).toHaveLength(3);
    expect(await registry.getSingleMetricAsString('nestapi_guard_decisions_total')).toContain('} 1');
    await app.close();
  });
});
