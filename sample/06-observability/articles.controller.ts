import { Body, Controller, Get, Post } from '@nestjs/common';
import { RateLimit } from 'nestapi-guard';

/** A magazine whose editors paste HTML: what the rehearsal is there to find out before it is refused. */
@Controller('articles')
export class ArticlesController {
  @Get()
  @RateLimit({ requests: 3, window: 60 })
  list() {
    return [{ title: 'On watching' }];
  }

  @Post()
  publish(@Body() article: { title?: string }) {
    return { published: article.title ?? null };
  }
}
