import { createServer } from 'node:net';
import { Controller, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { BlockClouds, Bypass, GuardHealthIndicator, GuardModule } from 'nestapi-guard';
import { WRITE_FEED } from '../support/cloud-feeds';
import { type LocalServer, startLocalServer } from '../support/local-server';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';

@Controller('health')
@Bypass(['rate_limit'])
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(GuardHealthIndicator) private readonly guard: GuardHealthIndicator,
  ) {}

  @Get('ready')
  @HealthCheck()
  ready() {
    return this.health.check([() => this.guard.isHealthy('guard')]);
  }

  @Get('strict')
  @HealthCheck()
  strict() {
    return this.health.check([() => this.guard.isHealthy('guard', { whenDegraded: 'down' })]);
  }
}

@Controller('no-clouds')
@BlockClouds(['AWS'])
class CloudlessController {
  @Get()
  get() {
    return 'ok';
  }
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(PLATFORMS)('GuardHealthIndicator with terminus on %s', (platform) => {
  let app: RunningApp | undefined;
  let feeds: LocalServer | undefined;
  afterEach(async () => {
    await app?.close();
    await feeds?.close();
    app = feeds = undefined;
  });

  const start = (
    config: Parameters<typeof GuardModule.forRoot>[0],
    controllers: (new (...args: never[]) => unknown)[] = [],
  ) =>
    startApp(platform, {
      imports: [TerminusModule.forRoot({ logger: false }), GuardModule.forRoot(config)],
      controllers: [HealthController, ...controllers],
    });

  it('is up, and says how old what it relies on is', async () => {
    app = await start({});
    const answer = await app.get('/health/ready');
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'ok',
      info: {
        guard: {
          status: 'up',
          state: { status: 'up', age: expect.any(Number) },
          geo: { status: 'unused' },
          cloud: { status: 'unused', providers: {} },
        },
      },
      error: {},
    });
  });

  it('stays up while Redis is away, says so, and is down where the application wants it', async () => {
    app = await start({ redisUrl: `redis://127.0.0.1:${await closedPort()}` });
    const ready = await app.get('/health/ready');
    expect(ready.status).toBe(200);
    const { guard } = ready.json().info;
    expect(guard.status).toBe('up');
    expect(guard.state).toEqual({ status: 'degraded', age: expect.any(Number), reason: expect.stringMatching(/./) });
    const strict = await app.get('/health/strict');
    expect(strict.status).toBe(503);
    expect(strict.json()).toMatchObject({ status: 'error', error: { guard: { status: 'down' } } });
  });

  it('is down when limits refuse everybody', async () => {
    app = await start({ redisUrl: `redis://127.0.0.1:${await closedPort()}`, onStoreError: 'deny' });
    expect((await app.get('/health/ready')).status).toBe(503);
  });

  it('is down when countries cannot be told', async () => {
    app = await start({ geoDatabasePath: '/nowhere/countries.mmdb', blockedCountries: ['KP'] });
    const answer = await app.get('/health/ready');
    expect(answer.status).toBe(503);
    expect(answer.json().error.guard.geo).toMatchObject({ status: 'down', reason: expect.stringContaining('ENOENT') });
  });

  it('knows the ranges of cloud providers and their age', async () => {
    feeds = await startLocalServer((_, response) => response.end(WRITE_FEED.AWS({ 'eu-west-1': ['3.248.0.0/13'] })));
    app = await start({ cloudFeedUrls: { AWS: `${feeds.url}/aws.json` } }, [CloudlessController]);
    const cloud = async () => (await app!.get('/health/strict')).json().details.guard.cloud;
    await until(async () => (await cloud()).status === 'up');
    expect(await cloud()).toEqual({
      status: 'up',
      age: expect.any(Number),
      providers: { AWS: { status: 'up', age: expect.any(Number) } },
    });
  });
});
