import { Controller, Get, Param } from '@nestjs/common';
import { ClientIp, RateLimit } from 'nestapi-guard';

/** A newspaper: three articles a day are free for every reader, whom only the address tells. */
@Controller('articles')
export class ArticlesController {
  @Get(':slug')
  @RateLimit({ requests: 3, window: 86_400 })
  read(@Param('slug') slug: string) {
    return { slug, text: 'The tide comes in twice a day.' };
  }
}

/** Whom the newspaper takes its reader for. */
@Controller('reader')
export class ReaderController {
  @Get()
  reader(@ClientIp() ip: string | undefined) {
    return { ip };
  }
}
