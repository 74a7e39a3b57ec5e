import 'reflect-metadata';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
import { redisUrl } from './redis';

/** Starts the processes, and one for each that dies. */
async function lead(count: number): Promise<void> {
  const environment = { REDIS_URL: await redisUrl() };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  const fork = (): Worker => cluster.fork(environment);
  const workers = Array.from({ length: count }, fork);
  const [[address]] = (await Promise.all(workers.map((worker) => once(worker, 'listening')))) as [[{ port: number }]];
  cluster.on('exit', fork);
  console.log(tour(count, address.port, workers[0]!));
}

async function serve(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
  app.enableShutdownHooks();
  process.once('disconnect', () => process.exit(0));
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
}

function tour(count: number, port: number, { process: { pid } }: Worker): string {
  const url = `http://127.0.0.1:${port}`;
  return `
${count} processes share one Redis behind ${url}. Try in another terminal:

  # ten a minute, whichever process answers: ten times 200, then 429
  for i in $(seq 12); do curl -s -w ' %{http_code}\\n' ${url}/quotes; done

  # one process bans, all of them refuse
  curl -s -X PUT ${url}/bans/203.0.113.9; echo
  for i in $(seq ${count}); do curl -s -w ' %{http_code}\\n' -H 'X-Forwarded-For: 203.0.113.9' ${url}/quotes; done

  # a process dies and another takes its place: the ban is still there
  kill -9 ${pid}; sleep 3
  for i in $(seq ${count}); do curl -s -w ' %{http_code}\\n' -H 'X-Forwarded-For: 203.0.113.9' ${url}/quotes; done

Ctrl+C ends it.
`;
}

void (cluster.isPrimary ? lead(Number(process.env.PROCESSES ?? 4)) : serve());
