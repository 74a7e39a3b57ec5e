import { Readable } from 'node:stream';
import { Controller, Get, Header, HttpCode, Post, Redirect, Res, Sse, StreamableFile } from '@nestjs/common';
import { BlockUserAgents, RequireAuth } from 'nestapi-guard';
import { of } from 'rxjs';
import type { RequestOptions } from './platforms';

interface AnyResponse {
  readonly raw?: AnyResponse;
  setHeader(name: string, value: string): void;
  end(text: string): void;
}

/** Answers in every way there is. */
@Controller()
export class EveryAnswerController {
  @Get('ok')
  ok() {
    return { fine: true };
  }

  @Get('items/:id')
  item() {
    return 'item';
  }

  @Post('ok')
  post() {
    return { fine: true };
  }

  @Get('empty')
  @HttpCode(204)
  empty() {
    return undefined;
  }

  @Get('unchanged')
  @HttpCode(304)
  unchanged() {
    return undefined;
  }

  @Get('moved')
  @Redirect('https://example.com/', 302)
  moved() {
    return undefined;
  }

  @Get('broken')
  broken() {
    throw new Error('broken');
  }

  @Get('private')
  @RequireAuth('bearer')
  private() {
    return 'private';
  }

  @Get('agents')
  @BlockUserAgents([''])
  agents() {
    return 'agents';
  }

  @Sse('events')
  events() {
    return of({ data: 'one' });
  }

  @Get('stream')
  stream() {
    return new StreamableFile(Readable.from([Buffer.from('streamed')]));
  }

  @Get('by-hand')
  byHand(@Res() response: AnyResponse) {
    const raw = response.raw ?? response;
    raw.setHeader('Vary', 'Accept');
    raw.end('by hand');
  }

  @Get('own')
  @Header('X-Frame-Options', 'DENY')
  @Header('Vary', 'Accept-Language')
  own() {
    return 'own';
  }
}

export const REFUSED_CLIENT = '203.0.113.9';

/** What leads to each kind of answer; needs `blacklist: [REFUSED_CLIENT]` and `trustedProxies: ['loopback']`. */
export const ANSWER_KINDS: readonly (readonly [kind: string, status: number, path: string, options: RequestOptions])[] =
  [
    ['an answer', 200, '/ok', {}],
    ['an answer to HEAD', 200, '/ok', { method: 'HEAD' }],
    ['a creation', 201, '/ok', { method: 'POST', body: { a: 1 } }],
    ['an empty answer', 204, '/empty', {}],
    ['an unchanged answer', 304, '/unchanged', {}],
    ['a redirect', 302, '/moved', {}],
    ['an unknown path', 404, '/nothing', {}],
    ['an undecodable path', 400, '/items/%zz', {}],
    [
      'a body that is no JSON',
      400,
      '/ok',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
    ],
    [
      'a body that is too large for the parser',
      413,
      '/ok',
      { method: 'POST', body: `"${'x'.repeat(2_000_000)}"`, headers: { 'content-type': 'application/json' } },
    ],
    ['a defect', 500, '/broken', {}],
    ['a refusal at the door', 403, '/ok', { from: REFUSED_CLIENT }],
    ['a refusal by a guard', 401, '/private', {}],
    ['another refusal by a guard', 403, '/agents', {}],
    ['server-sent events', 200, '/events', {}],
    ['a stream', 200, '/stream', {}],
    ['an answer by hand', 200, '/by-hand', {}],
    ['an answer with headers of its own', 200, '/own', {}],
    ['an OPTIONS request that is no preflight', 404, '/ok', { method: 'OPTIONS' }],
  ];
