import { BlockList } from 'node:net';
import path from 'node:path';
import {
  type CanActivate,
  type ExecutionContext,
  ForbiddenException,
  type INestApplication,
  type ModuleMetadata,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ThrottlerGuard, ThrottlerModule, type ThrottlerStorage } from '@nestjs/throttler';
import fastifyHelmet from '@fastify/helmet';
import helmet from 'helmet';
import { type CountryResponse, open, type Reader } from 'maxmind';
import type { Platform } from './application';
import { ADMITTED_ORIGIN, REFUSED_COUNTRY, REFUSED_NETWORKS } from './guard-configs';

/** The limiter, in memory unless another storage is given. */
export function throttled(limit: number, windowMs: number, storage?: ThrottlerStorage): ModuleMetadata {
  return {
    imports: [ThrottlerModule.forRoot({ throttlers: [{ ttl: windowMs, limit }], storage })],
    providers: [{ provide: APP_GUARD, useClass: ThrottlerGuard }],
  };
}

/** helmet and CORS, as their documentation tells for each framework. */
export async function writeHeaders(app: INestApplication, platform: Platform): Promise<void> {
  if (platform === 'express') app.use(helmet());
  else await (app as NestFastifyApplication).register(fastifyHelmet);
  app.enableCors({ origin: [ADMITTED_ORIGIN] });
}

class AddressGuard implements CanActivate {
  private readonly refused = new BlockList();

  constructor() {
    for (const network of REFUSED_NETWORKS) {
      const [address = '', length] = network.split('/');
      this.refused.addSubnet(address, Number(length));
    }
  }

  canActivate(context: ExecutionContext): boolean {
    if (this.refused.check(context.switchToHttp().getRequest<{ ip: string }>().ip)) throw new ForbiddenException();
    return true;
  }
}

class CountryGuard implements CanActivate {
  constructor(private readonly countries: Reader<CountryResponse & { country_code?: string }>) {}

  canActivate(context: ExecutionContext): boolean {
    const { ip } = context.switchToHttp().getRequest<{ ip: string }>();
    if (this.countries.get(ip)?.country_code === REFUSED_COUNTRY) throw new ForbiddenException();
    return true;
  }
}

/** Filters by address and country, the guards that applications write themselves. Guards are cheaper than middleware on Fastify. */
export async function filters(): Promise<ModuleMetadata> {
  const database = path.join(
    path.dirname(require.resolve('@ip-location-db/geo-whois-asn-country-mmdb/package.json')),
    'geo-whois-asn-country.mmdb',
  );
  const countries = await open<CountryResponse>(database);
  return {
    providers: [
      { provide: APP_GUARD, useClass: AddressGuard },
      { provide: APP_GUARD, useValue: new CountryGuard(countries) },
    ],
  };
}
