import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CloudRangeService } from 'nestapi-guard';
import { AppModule } from './app.module';

async function main() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  // The first download happens in the background; the lines of the README wait for it, an application need not.
  await app.get(CloudRangeService).refresh();
  console.log(`Listening at ${await app.getUrl()}. Ctrl+C ends it.`);
}

void main();
