import { Controller, Delete, Get, Inject, Param, Put } from '@nestjs/common';
import { BanService, RateLimit, RequireIp } from 'nestapi-guard';

@Controller('quotes')
export class QuotesController {
  /** Ten a minute of all processes together. */
  @Get()
  @RateLimit({ requests: 10, window: 60 })
  quote() {
    return { quote: 'Many hands make light work.', process: process.pid };
  }
}

@Controller('bans')
@RequireIp({ whitelist: ['127.0.0.1'] })
export class BansController {
  constructor(@Inject(BanService) private readonly bans: BanService) {}

  @Put(':ip')
  async ban(@Param('ip') ip: string) {
    return { banned: await this.bans.ban(ip, { duration: 600, reason: 'by hand' }), process: process.pid };
  }

  @Delete(':ip')
  async unban(@Param('ip') ip: string) {
    return { unbanned: await this.bans.unban(ip), process: process.pid };
  }
}
