import { Controller, Delete, HttpCode, Inject, Injectable, Put } from '@nestjs/common';
import { Bypass, RequireIp, type RequestValidator } from 'nestapi-guard';

/** `customRequestCheck`: asked last of all, for every request, also for those that match no route. */
@Injectable()
export class Maintenance implements RequestValidator {
  on = false;

  validate() {
    return !this.on || { status: 503, message: 'Back in a minute', headers: { 'Retry-After': '60' } };
  }
}

@Controller('maintenance')
@RequireIp({ whitelist: ['10.0.0.0/8'] })
@Bypass(['custom_request'])
export class MaintenanceController {
  constructor(@Inject(Maintenance) private readonly maintenance: Maintenance) {}

  @Put()
  @HttpCode(204)
  start(): void {
    this.maintenance.on = true;
  }

  @Delete()
  @HttpCode(204)
  end(): void {
    this.maintenance.on = false;
  }
}
