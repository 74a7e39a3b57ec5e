import 'reflect-metadata';
import Module from 'node:module';
import { Controller, Get, Module as NestModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GuardModule } from '../../lib/guard.module';
import { RateLimit } from '../../lib/rate-limit/rate-limit.decorator';

// Starts an application and tells whether @nestjs/swagger was loaded for it: `decorated` or not, with the package or `without`.
const [decorated, without] = process.argv.slice(2).map((argument) => argument === 'yes');

interface Resolver {
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

const resolver = Module as unknown as Resolver;
const resolve = resolver._resolveFilename.bind(resolver);
let loaded = false;
resolver._resolveFilename = (request, ...rest) => {
  if (request !== '@nestjs/swagger') return resolve(request, ...rest);
  if (without) throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
  loaded = true;
  return resolve(request, ...rest);
};

@Controller()
class PlainController {
  @Get()
  served() {
    return 'served';
  }
}

if (decorated) RateLimit({ requests: 1, window: 60 })(PlainController);

@NestModule({ imports: [GuardModule.forRoot()], controllers: [PlainController] })
class AppModule {}

void NestFactory.create(AppModule, { logger: false }).then(async (app) => {
  await app.init();
  await app.close();
  process.stdout.write(JSON.stringify({ loaded }));
});
