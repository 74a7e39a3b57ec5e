import { Controller, Get } from '@nestjs/common';
import { Bypass, GuardConfigError, type GuardConfigInput, TimeWindow } from 'nestapi-guard';
import { WALL_CLOCK } from '../../lib/state/wall-clock';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { TestClock } from '../support/test-clock';

@Controller('office')
@TimeWindow('09:00', '17:00', 'Europe/Paris', { days: ['mon', 'tue', 'wed', 'thu', 'fri'] })
class OfficeController {
  @Get()
  office() {
    return 'open';
  }

  @Get('night')
  @TimeWindow('22:00', '06:00')
  night() {
    return 'open';
  }

  @Get('always')
  @Bypass(['time_window'])
  always() {
    return 'open';
  }
}

// 2026-11-23 is a Monday.
const CASES: [what: string, path: string, at: string, status: number][] = [
  ['a working hour in Paris', '/office', '2026-11-23T08:00:00Z', 200],
  ['an hour too early in Paris', '/office', '2026-11-23T07:59:00Z', 403],
  ['the end in Paris', '/office', '2026-11-23T16:00:00Z', 403],
  ['a working hour of a Sunday', '/office', '2026-11-22T10:00:00Z', 403],
  ['a working hour in summer', '/office', '2026-07-13T07:00:00Z', 200],
  ['the rule of the method, which replaces it', '/office/night', '2026-11-22T23:00:00Z', 200],
  ['the same after midnight', '/office/night', '2026-11-23T05:59:59Z', 200],
  ['the same in the morning', '/office/night', '2026-11-23T06:00:00Z', 403],
  ['a route that bypasses the check', '/office/always', '2026-11-22T03:00:00Z', 200],
];

describe.each(PLATFORMS)('@TimeWindow on %s', (platform) => {
  const clock = new TestClock();
  let app: RunningApp;

  function start(config: GuardConfigInput): Promise<RunningApp> {
    return startApp(platform, {
      controllers: [OfficeController],
      config,
      override: (module) => module.overrideProvider(WALL_CLOCK).useValue(clock.read),
    });
  }

  beforeAll(async () => {
    app = await start({});
  });
  afterAll(() => app.close());

  it.each(CASES)('at %s', async (_, path, at, status) => {
    clock.time = Date.parse(at);
    const answer = await app.get(path);
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.json().code).toBe('GUARD_TIME_WINDOW');
  });

  it('only reports in dry-run', async () => {
    const rehearsal = await start({ checkModes: { time_window: 'dry-run' } });
    clock.time = Date.parse('2026-11-22T03:00:00Z');
    expect((await rehearsal.get('/office')).status).toBe(200);
    await rehearsal.close();
  });

  it.each<[string, string, string, string | undefined, object | undefined]>([
    ['a time', '9:00', '17:00', undefined, undefined],
    ['a zone', '09:00', '17:00', 'Europe/Pariss', undefined],
    ['days', '09:00', '17:00', undefined, { days: ['noday'] }],
    ['an empty window', '09:00', '09:00', undefined, undefined],
  ])('names the handler with an impossible %s at the start', async (_, start, end, zone, options) => {
    @Controller()
    class ShopController {
      @Get()
      @TimeWindow(start, end, zone, options)
      buy() {
        return 'sold';
      }
    }
    const starting = startApp(platform, { controllers: [ShopController], config: {} });
    await expect(starting).rejects.toThrow(GuardConfigError);
    await expect(starting).rejects.toThrow(/ShopController\.buy @TimeWindow/);
  });
});
