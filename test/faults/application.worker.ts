import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  BanService,
  CloudRangeService,
  GeoService,
  type GuardConfigInput,
  GuardModule,
  STATE_STORE,
  type StateStore,
} from '../../lib';
import { FaultController } from './fault.controller';
import type { Question } from './fleet';
import { Vitals } from './vitals';

// One of several applications under faults: worker.ts <options as JSON>
const { platform, config } = JSON.parse(process.argv[2]!) as {
  platform: 'express' | 'fastify';
  config: GuardConfigInput;
};

// What would end a process that nobody watches.
let accidents = 0;
process.on('unhandledRejection', () => accidents++);
process.on('uncaughtException', () => accidents++);

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
  const server = app.getHttpServer() as Server;
  const vitals = new Vitals(server);
  const bans = app.get(BanService);
  const clouds = app.get(CloudRangeService);
  const geo = app.get(GeoService);
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
    providers: (addresses) => addresses.map((address) => clouds.providerOf(address) ?? null),
    countries: (addresses) => addresses.map((address) => geo.country(address) ?? null),
    refresh: () => clouds.refresh(),
    watch: () => vitals.watch(),
    seen: () => vitals.seen(),
    holdings: () => vitals.holdings(),
  };
  process.on('message', ({ id, ask, addresses = [] }: Question) => {
    void Promise.resolve(answers[ask](addresses)).then((answer) => process.send!({ id, answer }));
  });
  process.send!((server.address() as AddressInfo).port);
}

// Whoever asked for it is gone.
process.once('disconnect', () => process.exit());

void serve();
