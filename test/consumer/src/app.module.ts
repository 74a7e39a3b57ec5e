import { Controller, Get, Inject, Injectable, Module, Post } from '@nestjs/common';
import {
  BanService,
  ClientIp,
  CustomValidation,
  type GuardedRequest,
  GuardModule,
  RateLimit,
  RequireIp,
  type RequestValidator,
} from 'nestapi-guard';

@Injectable()
export class Catalog {
  readonly titles = ['A Pattern Language'];
}

// Not every compiler writes down the types of constructor parameters: `@Inject()` works with all of them.
@Injectable()
export class KnownTitle implements RequestValidator {
  constructor(@Inject(Catalog) private readonly catalog: Catalog) {}

  validate({ headers }: GuardedRequest) {
    const title = headers['x-title'];
    return (
      title === undefined || this.catalog.titles.includes(String(title)) || { status: 400, message: 'No such title' }
    );
  }
}

@Controller('books')
@CustomValidation(KnownTitle)
export class BooksController {
  constructor(
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(BanService) private readonly bans: BanService,
  ) {}

  @Get()
  async list(@ClientIp() ip: string) {
    return { ip, titles: this.catalog.titles, banned: await this.bans.isBanned(ip) };
  }

  @Post()
  @RateLimit({ requests: 2, window: 60 })
  order() {
    return { ordered: true };
  }

  @Get('stock')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  stock() {
    return 4;
  }
}

@Module({
  imports: [GuardModule.forRoot({ trustedProxies: ['loopback'], blockedUserAgents: ['sqlmap'], autoBanThreshold: 2 })],
  controllers: [BooksController],
  providers: [Catalog, KnownTitle],
})
export class AppModule {}
