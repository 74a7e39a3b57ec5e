import { setTimeout as delay } from 'node:timers/promises';
import { Controller, Get, Param, ParseIntPipe, Post } from '@nestjs/common';
import { CustomValidation, RateLimit, TimeWindow } from '../../lib';

const UNLIMITED = { requests: 1_000_000, window: 600 };

/** What an application under faults is asked for. */
@Controller()
export class FaultController {
  @Get('limit/1')
  @RateLimit({ requests: 1, window: 600 })
  one() {
    return 'ok';
  }

  @Get('limit/10')
  @RateLimit({ requests: 10, window: 600 })
  ten() {
    return 'ok';
  }

  @Get('limit/100')
  @RateLimit({ requests: 100, window: 600 })
  hundred() {
    return 'ok';
  }

  @Get('limit/1000')
  @RateLimit({ requests: 1000, window: 600 })
  thousand() {
    return 'ok';
  }

  /** A limit that a test can wait for. */
  @Get('brief')
  @RateLimit({ requests: 10, window: 4 })
  brief() {
    return 'ok';
  }

  @Get('wide')
  @RateLimit(UNLIMITED)
  @RateLimit({ requests: 10_000_000, window: 3600, name: 'hourly' })
  wide() {
    return 'ok';
  }

  /** Counts against the global limit. */
  @Get('usual')
  usual() {
    return 'ok';
  }

  @Post('echo')
  @RateLimit(UNLIMITED)
  echo() {
    return 'ok';
  }

  /** Needs nothing of Redis: what it takes is the machine's own. */
  @Get('static/free')
  free() {
    return 'ok';
  }

  @Get('slow/:ms')
  @RateLimit(UNLIMITED)
  async slow(@Param('ms', ParseIntPipe) ms: number) {
    await delay(ms);
    return 'ok';
  }

  /** Its check takes 50 ms, in which a client can change its mind. */
  @Post('checked')
  @RateLimit(UNLIMITED)
  @CustomValidation(() => delay(50, true))
  checked() {
    return 'ok';
  }

  @Get('office')
  @TimeWindow('09:00', '17:00', 'Europe/Paris', { days: ['mon', 'tue', 'wed', 'thu', 'fri'] })
  office() {
    return 'open';
  }

  /** The hour that is missing in spring and there twice in autumn. */
  @Get('odd-hour')
  @TimeWindow('02:00', '03:00', 'Europe/Paris')
  oddHour() {
    return 'open';
  }

  @Get('tuesday')
  @TimeWindow('00:00', '24:00', 'UTC', { days: ['tue'] })
  tuesday() {
    return 'open';
  }
}
