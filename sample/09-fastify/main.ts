import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module';
import { setUpFastify } from './fastify-setup';

async function main() {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter());
  setUpFastify(app);
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`Listening at ${await app.getUrl()}. Ctrl+C ends it.`);
}

void main();
