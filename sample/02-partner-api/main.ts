import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { SwaggerModule } from '@nestjs/swagger';
import { AppModule } from './app.module';
import { describeApi } from './open-api';

async function main() {
  const app = await NestFactory.create(AppModule);
  SwaggerModule.setup('api', app, () => describeApi(app), { jsonDocumentUrl: 'openapi.json', ui: false });
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`Listening at ${await app.getUrl()}. Ctrl+C ends it.`);
}

void main();
