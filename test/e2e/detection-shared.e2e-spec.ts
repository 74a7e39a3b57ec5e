import { Controller, Get } from '@nestjs/common';
import { DetectionService } from 'nestapi-guard';
import { PLATFORMS, type Platform, type RunningApp, startApp } from '../support/platforms';
import { RedisServer } from '../support/redis-server';
import { until } from '../support/until';

@Controller()
class PlainController {
  @Get()
  get() {
    return 'ok';
  }
}

describe.each(PLATFORMS)('Custom patterns of several instances on %s', (platform: Platform) => {
  let redis: RedisServer;
  const running: RunningApp[] = [];

  const start = async (): Promise<RunningApp> => {
    const config = { redisUrl: redis.url, enableIpBanning: false, enableRateLimiting: false };
    const app = await startApp(platform, { controllers: [PlainController], config });
    running.push(app);
    return app;
  };
  const refuses = async (app: RunningApp) => (await app.get('/?q=forbidden-fruit')).status === 400;

  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  afterAll(async () => {
    await Promise.all(running.map((app) => app.close()));
    await redis.stop();
  });

  it('are shared within a second, with an instance that starts later, too, and taken back', async () => {
    const [a, b] = [await start(), await start()];
    expect(await refuses(b)).toBe(false);
    await a.app.get(DetectionService).addPattern('forbidden-fruit');
    expect(await refuses(a)).toBe(true);
    await until(() => refuses(b), 1000);
    const late = await start();
    await until(() => refuses(late), 1000);
    expect(late.app.get(DetectionService).patterns()).toEqual([
      { pattern: 'forbidden-fruit', category: 'code_injection' },
    ]);
    expect(await b.app.get(DetectionService).removePattern('forbidden-fruit')).toBe(true);
    await until(async () => !(await refuses(a)) && !(await refuses(late)), 1000);
  });
});
