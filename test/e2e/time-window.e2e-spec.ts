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

@Controller('zones')
class ZonesController {
  @Get('gap')
  @TimeWindow('01:30', '03:30', 'Europe/Paris')
  gap() {}

  @Get('within-gap')
  @TimeWindow('02:15', '02:45', 'Europe/Paris')
  withinGap() {}

  @Get('twice')
  @TimeWindow('02:00', '02:30', 'Europe/Paris')
  twice() {}

  @Get('saturday-night')
  @TimeWindow('22:00', '06:00', 'Europe/Paris', { days: ['sat'] })
  saturdayNight() {}

  @Get('half-hour')
  @TimeWindow('02:00', '03:00', 'Australia/Lord_Howe')
  halfHour() {}

  @Get('kathmandu')
  @TimeWindow('09:00', '17:00', 'Asia/Kathmandu', { days: [1] })
  kathmandu() {}

  @Get('whole-day')
  @TimeWindow('00:00', '24:00', 'America/New_York', { days: ['sun'] })
  wholeDay() {}
}

// In 2026 summer time begins on 29 March and ends on 25 October in Europe, at 01:00 UTC; on Lord Howe Island, where clocks are
// put by half an hour, it ends on 5 April at 15:00 UTC of the day before.
const ZONE_CASES: [path: string, at: string, status: number][] = [
  ['gap', '2026-03-29T00:29:59Z', 403],
  ['gap', '2026-03-29T00:30:00Z', 200],
  ['gap', '2026-03-29T00:59:59Z', 200],
  ['gap', '2026-03-29T01:00:00Z', 200],
  ['gap', '2026-03-29T01:29:59Z', 200],
  ['gap', '2026-03-29T01:30:00Z', 403],
  ['within-gap', '2026-03-28T01:15:00Z', 200],
  ['within-gap', '2026-03-29T00:59:59Z', 403],
  ['within-gap', '2026-03-29T01:00:00Z', 403],
  ['within-gap', '2026-03-29T01:20:00Z', 403],
  ['within-gap', '2026-03-30T00:15:00Z', 200],
  ['twice', '2026-10-25T00:00:00Z', 200],
  ['twice', '2026-10-25T00:30:00Z', 403],
  ['twice', '2026-10-25T01:00:00Z', 200],
  ['twice', '2026-10-25T01:29:59.999Z', 200],
  ['twice', '2026-10-25T01:30:00Z', 403],
  ['saturday-night', '2026-10-24T19:59:59Z', 403],
  ['saturday-night', '2026-10-24T20:00:00Z', 200],
  ['saturday-night', '2026-10-25T04:59:59Z', 200],
  ['saturday-night', '2026-10-25T05:00:00Z', 403],
  ['saturday-night', '2026-10-25T21:00:00Z', 403],
  ['half-hour', '2026-04-04T15:00:00Z', 403],
  ['half-hour', '2026-04-04T15:30:00Z', 200],
  ['half-hour', '2026-04-04T16:29:59Z', 200],
  ['half-hour', '2026-04-04T16:30:00Z', 403],
  ['kathmandu', '2026-11-23T03:14:59Z', 403],
  ['kathmandu', '2026-11-23T03:15:00Z', 200],
  ['kathmandu', '2026-11-23T11:15:00Z', 403],
  ['whole-day', '2026-11-22T04:59:59Z', 403],
  ['whole-day', '2026-11-22T05:00:00Z', 200],
  ['whole-day', '2026-11-23T04:59:59.999Z', 200],
  ['whole-day', '2026-11-23T05:00:00Z', 403],
];

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
      controllers: [OfficeController, ZonesController],
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

  it.each(ZONE_CASES)('goes by the clock on the wall: %s at %s', async (path, at, status) => {
    clock.time = Date.parse(at);
    expect((await app.get(`/zones/${path}`)).status).toBe(status);
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
    ['zone that is an offset', '09:00', '17:00', '+01:00', undefined],
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
