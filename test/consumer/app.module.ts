import { Controller, Get, Module } from '@nestjs/common';
import { GuardModule, RequireIp } from 'nestapi-guard';

@Controller()
class AppController {
  @Get()
  open(): string {
    return 'open';
  }

  @Get('internal')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  internal(): string {
    return 'internal';
  }
}

@Module({ imports: [GuardModule.forRoot({ blockedUserAgents: ['sqlmap'] })], controllers: [AppController] })
export class AppModule {}
