import dns from 'node:dns';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Controller,
  Get,
  type INestApplication,
  Inject,
  Injectable,
  Module,
  type NestApplicationOptions,
  Param,
  Scope,
  UseGuards,
  VersioningType,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory, REQUEST } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyInstance } from 'fastify';
import {
  AccessGuard,
  DetectionGuard,
  GuardConfigError,
  type GuardConfigInput,
  GuardControl,
  GuardModule,
  RateLimitGuard,
  RequireIp,
} from 'nestapi-guard';
import { type Platform, PLATFORMS, RunningApp, startApp } from '../support/platforms';
import { answersOf, exchange } from '../support/raw-http';

const CONFIG: GuardConfigInput = {
  trustedProxies: ['loopback'],
  blacklist: ['203.0.113.0/24'],
  enableRateLimiting: false,
};
const INSIDERS = { whitelist: ['10.0.0.0/8'] };

@Controller('rooms')
class RoomsController {
  @Get('open')
  open() {
    return 'open';
  }

  @Get('inside')
  @RequireIp(INSIDERS)
  inside() {
    return 'inside';
  }
}

const BOTH_FAMILIES = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/** Makes `localhost` have two addresses, as it has on most machines: Fastify opens a server for each. */
function giveLocalhostBothFamilies(): jest.SpyInstance {
  const lookup = dns.lookup as (...args: unknown[]) => unknown;
  const spy = jest.spyOn(dns as { lookup: typeof lookup }, 'lookup');
  return spy.mockImplementation((host, options, done) => {
    const all = host === 'localhost' && (options as { all?: boolean } | undefined)?.all === true;
    return all ? (done as (error: null, found: object) => void)(null, BOTH_FAMILIES) : lookup(host, options, done);
  });
}

describe.each(PLATFORMS)('listening on %s', (platform) => {
  it.each([
    // Express listens on the first address that `localhost` has.
    ['localhost, which may be two servers', 'localhost', platform === 'express' ? ['127.0.0.1'] : ['127.0.0.1', '::1']],
    ['both families, where IPv4 peers look like IPv6', '::', ['127.0.0.1', '::1']],
  ])('on %s guards every door', async (_, listenOn, hosts) => {
    const lookup = giveLocalhostBothFamilies();
    const app = await startApp(platform, {
      controllers: [RoomsController],
      config: { ...CONFIG, enableRateLimiting: true, rateLimit: 3 },
      listenOn,
      configure: (nest) => (nest.getHttpServer() as Server).on('upgrade', (_raw, socket) => socket.end('taken\r\n')),
    });
    lookup.mockRestore();
    for (const [index, host] of hosts.entries()) {
      const send = (target: string, from: string, ...more: string[]) =>
        exchange({ host, port: app.port }, `GET ${target} HTTP/1.1`, 'Host: x', `X-Forwarded-For: ${from}`, ...more);
      const ask = async (target: string, from: string) => answersOf(await send(target, from))[0]!;
      const headers = { 'x-content-type-options': 'nosniff' };
      expect(await ask('/rooms/open', '192.0.2.1')).toMatchObject({ status: 200, headers });
      expect((await ask('/rooms/open', '203.0.113.9')).status).toBe(403);
      expect((await ask('/none', '203.0.113.9')).status).toBe(403);
      expect((await ask('/rooms/inside', '192.0.2.1')).status).toBe(403);
      expect((await ask('/rooms/inside', '10.0.0.1')).status).toBe(200);
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
      expect(await send('/', '203.0.113.9', ...upgrade)).toMatch(/^HTTP\/1.1 403 /);
      expect(await send('/', '192.0.2.1', ...upgrade)).toBe('taken\r\n');
      const client = `198.51.100.${index}`;
      const statuses: number[] = [];
      for (let call = 0; call < 5; call++) statuses.push((await ask('/rooms/open', client)).status);
      expect(statuses).toEqual([200, 200, 200, 429, 429]);
    }
    await app.close();
  });

  it('counts an IPv4 peer of a dual-stack server as IPv4', async () => {
    const config = { blacklist: ['127.0.0.0/8'] };
    const app = await startApp(platform, { controllers: [RoomsController], config, listenOn: '::' });
    expect((await app.get('/rooms/open')).status).toBe(403);
    await app.close();
  });

  describe('on a unix socket', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'guard-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it.each<[string, GuardConfigInput, string, number]>([
      ['refuses requests without an address', {}, '', 403],
      ['ignores what an untrusted socket says', {}, 'X-Forwarded-For: 192.0.2.1', 403],
      ['believes a trusted socket', { trustedProxies: ['unix'] }, 'X-Forwarded-For: 192.0.2.1', 200],
      ['refuses whom a trusted socket names', { trustedProxies: ['unix'] }, 'X-Forwarded-For: 203.0.113.9', 403],
      ['serves a trusted socket that names nobody', { trustedProxies: ['unix'] }, '', 200],
    ])('%s', async (_, config, header, status) => {
      const path = join(folder, 'app.sock');
      const module = await Test.createTestingModule({
        controllers: [RoomsController],
        imports: [GuardModule.forRoot({ ...CONFIG, trustedProxies: [], ...config })],
      }).compile();
      const app = module.createNestApplication(adapterOf(platform), { logger: false });
      await app.init();
      if (platform === 'fastify') await (app.getHttpAdapter().getInstance() as FastifyInstance).ready();
      // Nest 11 lets Fastify listen on ports only.
      const server = app.getHttpServer() as Server;
      await new Promise<void>((resolve) => server.listen(path, resolve));
      const lines = ['GET /rooms/open HTTP/1.1', 'Host: x', ...(header === '' ? [] : [header])];
      expect(answersOf(await exchange({ path }, ...lines))[0]?.status).toBe(status);
      await app.close();
    });
  });
});

function adapterOf(platform: Platform): ExpressAdapter {
  // The two adapters have no common type that `createNestApplication` accepts.
  return (platform === 'express' ? new ExpressAdapter() : new FastifyAdapter()) as ExpressAdapter;
}

describe('HTTP/2 and inject() of Fastify', () => {
  it('guards every stream of an HTTP/2 connection by itself', async () => {
    const module = await Test.createTestingModule({
      controllers: [RoomsController],
      imports: [GuardModule.forRoot(CONFIG)],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter({ http2: true }), {
      logger: false,
    });
    await app.listen(0, '127.0.0.1');
    const session = connectHttp2(`http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`);
    const ask = (path: string, from: string) =>
      new Promise<unknown>((resolve, reject) => {
        const stream = session.request({ ':path': path, 'x-forwarded-for': from });
        stream.on('error', reject);
        stream.on('response', (headers) => resolve([headers[':status'], headers['x-content-type-options']]));
        stream.resume();
      });
    const answers = await Promise.all([
      ask('/rooms/open', '192.0.2.1'),
      ask('/rooms/open', '203.0.113.9'),
      ask('/rooms/inside', '192.0.2.1'),
      ask('/rooms/inside', '10.0.0.1'),
      ask('/none', '192.0.2.1'),
      ask('/%zz', '203.0.113.9'),
    ]);
    expect(answers).toEqual([200, 403, 403, 200, 404, 403].map((status) => [status, 'nosniff']));
    session.close();
    await app.close();
  });

  it('guards what never came over a socket', async () => {
    const module = await Test.createTestingModule({
      controllers: [RoomsController],
      imports: [GuardModule.forRoot(CONFIG)],
    }).compile();
    const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), { logger: false });
    await app.init();
    const ask = async (url: string, from: string) => {
      const { statusCode, headers } = await app.inject({ url, headers: { 'x-forwarded-for': from } });
      return [statusCode, headers['x-content-type-options']];
    };
    expect(await ask('/rooms/open', '192.0.2.1')).toEqual([200, 'nosniff']);
    expect(await ask('/rooms/open', '203.0.113.9')).toEqual([403, 'nosniff']);
    expect(await ask('/rooms/inside', '192.0.2.1')).toEqual([403, 'nosniff']);
    expect(await ask('/none', '203.0.113.9')).toEqual([403, 'nosniff']);
    await app.close();
  });
});

@Injectable({ scope: Scope.REQUEST })
class Visitor {
  constructor(@Inject(REQUEST) readonly request: { url?: string; originalUrl?: string }) {}
}

@Controller('scoped')
class ScopedController {
  constructor(@Inject(Visitor) private readonly visitor: Visitor) {}

  @Get(':id')
  @RequireIp(INSIDERS)
  find(@Param('id') id: string) {
    return `${id} ${this.visitor.request.url}`;
  }
}

@Controller({ path: 'cats', version: ['1', '2'] })
class VersionedController {
  @Get()
  @RequireIp(INSIDERS)
  list() {
    return 'cats';
  }
}

@Controller({ path: ['a', 'b'] })
class TwoPathsController {
  @Get(['c', 'd'])
  @RequireIp(INSIDERS)
  find() {
    return 'found';
  }
}

abstract class BaseController {
  @Get('inherited')
  @RequireIp(INSIDERS)
  inherited() {
    return 'inherited';
  }
}

@Controller('derived')
class DerivedController extends BaseController {}

describe.each(PLATFORMS)('routing on %s', (platform) => {
  it.each<[string, string, NonNullable<Parameters<typeof startApp>[1]['configure']>]>([
    ['a request-scoped controller', '/scoped/7', () => undefined],
    ['a global prefix', '/api/rooms/inside', (app) => app.setGlobalPrefix('api')],
    ['versions in the path', '/v2/cats', (app) => app.enableVersioning({ type: VersioningType.URI })],
    ['several paths', '/b/d', () => undefined],
    ['an inherited handler', '/derived/inherited', () => undefined],
  ])('knows the policy of %s', async (_, path, configure) => {
    const controllers = [RoomsController, ScopedController, VersionedController, TwoPathsController, DerivedController];
    const app = await startApp(platform, { controllers, providers: [Visitor], config: CONFIG, configure });
    expect((await app.get(path, { from: '192.0.2.1' })).status).toBe(403);
    expect((await app.get(path, { from: '10.0.0.1' })).status).toBe(200);
    await app.close();
  });

  it('keeps two applications of one process apart', async () => {
    const strict = await startApp(platform, {
      controllers: [RoomsController],
      config: { ...CONFIG, blacklist: ['192.0.2.0/24'] },
    });
    const lax = await startApp(platform, { controllers: [RoomsController], config: CONFIG });
    const ask = async (app: RunningApp) => (await app.get('/rooms/open', { from: '192.0.2.1' })).status;
    expect([await ask(strict), await ask(lax)]).toEqual([403, 200]);
    await lax.app.get(GuardControl).setEmergencyMode(true);
    expect([await ask(strict), await ask(lax)]).toEqual([403, 503]);
    await lax.close();
    expect((await strict.get('/rooms/open', { from: '198.51.100.1' })).status).toBe(200);
    await strict.close();
  });

  it('leaves the stages behind the door to whoever places the guards', async () => {
    @Controller('placed')
    @UseGuards(AccessGuard, RateLimitGuard, DetectionGuard)
    class PlacedController extends BaseController {}
    const app = await startApp(platform, {
      controllers: [RoomsController, PlacedController],
      imports: [GuardModule.forRoot({ ...CONFIG, registerGuards: false })],
    });
    expect((await app.get('/rooms/inside', { from: '192.0.2.1' })).status).toBe(200);
    expect((await app.get('/placed/inherited', { from: '192.0.2.1' })).status).toBe(403);
    expect((await app.get('/placed/inherited', { from: '10.0.0.1' })).status).toBe(200);
    expect((await app.get('/rooms/open', { from: '203.0.113.9' })).status).toBe(403);
    await app.close();
  });

  it('serves modules that are loaded late', async () => {
    @Injectable()
    class LateService {
      constructor(@Inject(GuardControl) readonly control: GuardControl) {}
    }
    @Module({ providers: [LateService] })
    class LateModule {}
    const app = await startApp(platform, { controllers: [RoomsController], config: CONFIG });
    const module = await app.app.get(LazyModuleLoader).load(() => LateModule);
    expect(module.get(LateService).control).toBe(app.app.get(GuardControl));
    expect((await app.get('/rooms/inside', { from: '192.0.2.1' })).status).toBe(403);
    await app.close();
  });

  it('refuses to start when the module is imported twice', async () => {
    @Module({ imports: [GuardModule.forRoot(CONFIG)] })
    class FeatureModule {}
    @Module({ imports: [GuardModule.forRoot(CONFIG), FeatureModule] })
    class AppModule {}
    const create = (options: NestApplicationOptions): Promise<INestApplication> =>
      NestFactory.create(AppModule, adapterOf(platform), { ...options, logger: false });
    const error: unknown = await create({ abortOnError: false }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(GuardConfigError);
    expect(error).toMatchObject({ code: 'GUARD_MODULE_IMPORTED_TWICE' });
  });
});
