import { Body, Controller, Get, Post } from '@nestjs/common';
import { ApiKeyAuth, ContentTypeFilter, MaxRequestSize, RateLimit } from 'nestapi-guard';
import type { Reading } from './fastify-setup';

/** What the weather stations of a valley measure. */
@Controller('readings')
export class ReadingsController {
  private readonly latest = new Map<string, Reading>();

  @Get()
  @RateLimit({ requests: 30, window: 60 })
  list(): Reading[] {
    return [...this.latest.values()];
  }

  /** Stations send what they measured while they were offline in one go, a reading a line. */
  @Post()
  @ApiKeyAuth({ headerName: 'X-Station-Key', keys: ['demo-key-of-the-stations'] })
  @ContentTypeFilter(['application/x-ndjson'])
  @MaxRequestSize(16 * 1024)
  store(@Body() readings: Reading[]) {
    for (const reading of readings) this.latest.set(reading.station, reading);
    return { stored: readings.length };
  }
}
