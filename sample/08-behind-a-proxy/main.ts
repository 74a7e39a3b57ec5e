import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';
import { startNginx } from './nginx';

async function main(port: number) {
  const app = await NestFactory.create(AppModule);
  // Reached through nginx only: whoever else could connect from a trusted address might say who it is.
  await app.listen(port + 1, '127.0.0.1');
  startNginx(port, port + 1);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  console.log(`Listening at http://127.0.0.1:${port}: nginx, with the application behind it. Ctrl+C ends both.`);
}

void main(Number(process.env.PORT ?? 3000));
