import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, Param, ParseIntPipe } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { setTimeout as delay } from 'node:timers/promises';
import { BanService, type GuardConfigInput, GuardModule, RateLimit, STATE_STORE, type StateStore } from '../../lib';
import type { Question } from './fleet';

// One of several applications under faults: worker.ts <options as JSON>
const { platform, config } = JSON.parse(process.argv[2]!) as {
  platform: 'express' | 'fastify';
  config: GuardConfigInput;
};

// What would end a process that nobody watches.
let accidents = 0;
process.on('unhandledRejection', () => accidents++);
process.on('uncaughtException', () => accidents++);

@Controller()
class FaultController {
  @Get('limit/1')
  @RateLimit({ requests: 1, window: 600 })
  one() {
    return 'ok';
  }

  @Get('limit/10')
  @RateLimit({ requests: 10, window: 600 })
  ten() {
    return 'ok';
  }

  @Get('limit/100')
  @RateLimit({ requests: 100, window: 600 })
  hundred() {
    return 'ok';
  }

  @Get('limit/1000')
  @RateLimit({ requests: 1000, window: 600 })
  thousand() {
    return 'ok';
  }

  @Get('wide')
  @RateLimit({ requests: 1_000_000, window: 600 })
  @RateLimit({ requests: 10_000_000, window: 3600, name: 'hourly' })
  wide() {
    return 'ok';
  }

  /** Needs nothing of Redis: what it takes is the machine's own. */
  @Get('static/free')
  free() {
    return 'ok';
  }

  @Get('slow/:ms')
  @RateLimit({ requests: 1_000_000, window: 600 })
  async slow(@Param('ms', ParseIntPipe) ms: number) {
    await delay(ms);
    return 'ok';
  }
}

@Module({
  imports: [GuardModule.forRoot({ trustedProxies: ['loopback'], blacklist: ['203.0.113.66'], ...config })],
  controllers: [FaultController],
})
class FaultModule {}

async function serve(): Promise<void> {
  const adapter = platform === 'express' ? new ExpressAdapter() : new FastifyAdapter();
  const app = await NestFactory.create(FaultModule, adapter as ExpressAdapter, { logger: false });
  app.enableShutdownHooks(['SIGTERM']);
  await app.listen(0, '127.0.0.1');
  const bans = app.get(BanService);
  const store = app.get<StateStore>(STATE_STORE);

  const answers: { [name in Question['ask']]: (addresses: readonly string[]) => unknown } = {
    ban: async (addresses) => {
      const made = await Promise.all(addresses.map((address) => bans.ban(address, { duration: 600 })));
      return made.filter(Boolean).length;
    },
    unban: async (addresses) => {
      const ended = await Promise.all(addresses.map((address) => bans.unban(address)));
      return ended.filter(Boolean).length;
    },
    banned: (addresses) => addresses.filter((address) => bans.isBanned(address)).length,
    bans: () => bans.list().length,
    state: () => store.status().state,
    accidents: () => accidents,
  };
  process.on('message', ({ id, ask, addresses = [] }: Question) => {
    void Promise.resolve(answers[ask](addresses)).then((answer) => process.send!({ id, answer }));
  });
  process.send!((app.getHttpServer() as { address(): AddressInfo }).address().port);
}

void serve();
