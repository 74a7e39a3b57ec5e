import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CloudRangeService } from 'nestapi-guard';
import { AppModule } from './app.module';
import { guidedTour } from './guided-tour';

async function main() {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  // The first download happens in the background; the tour waits for it, an application need not.
  await app.get(CloudRangeService).refresh();
  console.log(guidedTour(await app.getUrl()));
}

void main();
