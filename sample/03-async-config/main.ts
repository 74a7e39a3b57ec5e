import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { WithClassModule } from './with-class.module';
import { WithExistingModule } from './with-existing.module';
import { WithFactoryModule } from './with-factory.module';

async function main(way = 'existing') {
  const module = { factory: WithFactoryModule, class: WithClassModule, existing: WithExistingModule }[way]!;
  const app = await NestFactory.create(module);
  await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
  console.log(`Listening at ${await app.getUrl()}, configured by ${module.name}. Ctrl+C ends it.`);
}

void main(process.argv[2]);
