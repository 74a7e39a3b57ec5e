import { Body, Controller, Get, HttpCode, Param, Post, Req } from '@nestjs/common';
import {
  ClientIp,
  GuardPolicy,
  GuardVerdict,
  HoneypotDetection,
  RequireAuth,
  type RequestVerdict,
  TimeWindow,
} from 'nestapi-guard';
import { type Partner, PartnerToken, WithinLimit } from './partners';

@Controller()
export class PartnerController {
  @Get('prices')
  @RequireAuth('bearer', { verify: PartnerToken })
  prices(@Req() request: { user: Partner }) {
    return { for: request.user.name, pallet: 120 };
  }

  @Post('orders')
  @GuardPolicy({
    apiKeyAuth: { headerName: 'X-API-Key', keys: ['demo-key-of-the-partner-api'] },
    contentTypeFilter: ['application/json'],
    maxRequestSize: 2048,
    requireHeaders: { 'X-Partner': 'required', 'Idempotency-Key': /^[0-9a-f-]{8,36}$/ },
    customValidation: WithinLimit,
  })
  order(@Body() order: { total: number }) {
    return { accepted: order.total };
  }

  @Post('orders/:id/cancel')
  @HttpCode(200)
  @TimeWindow('06:00', '18:00', 'Europe/Zurich', { days: ['mon', 'tue', 'wed', 'thu', 'fri'] })
  cancel(@Param('id') id: string) {
    return { cancelled: id };
  }

  @Post('contact')
  @HttpCode(202)
  @HoneypotDetection(['website'])
  contact(@Body() _message: unknown, @GuardVerdict() { wouldRefuse }: RequestVerdict) {
    return { held: wouldRefuse.some(({ check }) => check === 'penetration') };
  }

  @Get('whoami')
  whoAmI(@ClientIp() ip: string | undefined, @GuardVerdict() verdict: RequestVerdict) {
    return { ip, trusted: verdict.trusted };
  }
}
