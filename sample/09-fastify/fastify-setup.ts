import { BadRequestException } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export interface Reading {
  readonly station: string;
  readonly celsius: number;
}

/** What is Fastify's own about this application. The guard sees all of it. */
export function setUpFastify(app: NestFastifyApplication): void {
  // Detection inspects what the parser makes of a body, as the handler will read it.
  app.useBodyParser('application/x-ndjson', {}, (_request, body, done) => {
    try {
      done(null, readingsOf(body.toString()));
    } catch {
      done(new BadRequestException('A line is no JSON'));
    }
  });

  // A route past Nest: address rules, bans, limits and headers are at the door, and apply here, too.
  app
    .getHttpAdapter()
    .getInstance()
    .get('/ping', () => ({ pong: true }));
}

function readingsOf(text: string): Reading[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Reading);
}
