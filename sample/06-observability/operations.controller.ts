import { Controller, Get, Header, Inject } from '@nestjs/common';
import { Bypass, RehearsalService, RequireIp } from 'nestapi-guard';
import { Alarm } from './alarm';
import { registry } from './telemetry';

/** For operators. */
@Controller()
@RequireIp({ whitelist: ['127.0.0.0/8', '10.0.0.0/8'] })
@Bypass(['rate_limit'])
export class OperationsController {
  constructor(
    @Inject(RehearsalService) private readonly rehearsal: RehearsalService,
    @Inject(Alarm) private readonly alarm: Alarm,
  ) {}

  @Get('metrics')
  @Header('Content-Type', registry.contentType)
  metrics() {
    return registry.metrics();
  }

  @Get('rehearsal')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  report() {
    return `${this.rehearsal.report()}\n`;
  }

  @Get('alarms')
  alarms() {
    return this.alarm.lines;
  }
}
