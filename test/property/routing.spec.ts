import { connect, type Socket } from 'node:net';
import {
  All,
  Controller,
  Delete,
  Get,
  Head,
  type INestApplication,
  Module,
  Options,
  Patch,
  Post,
  Put,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import type { FastifyServerOptions } from 'fastify';
import { ApiKeyAuth } from 'nestapi-guard';
import { answersOf } from '../support/raw-http';
import { spelling } from '../support/path-spellings';
import { type Platform, PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { patience, runs, same } from '../support/property';

/** What ran, as `Class.method`, since it was last looked at. */
let reached: string[] = [];

class Witness implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    reached.push(`${context.getClass().name}.${context.getHandler().name}`);
    return next.handle();
  }
}

/** Every handler asks for a key of its own: one that opens another handler is a wrong policy just as none is. */
const keyOf = (handler: string): string => `key-of-${handler}`;
const Locked = (handler: string) => ApiKeyAuth({ headerName: 'X-API-Key', keys: [keyOf(handler)] });
/** A handler whose key no request knows. */
const Sealed = () => Locked('nobody');

@Controller('admin')
class AdminController {
  @Get()
  @Locked('AdminController.list')
  list() {}

  @Post()
  @Locked('AdminController.create')
  create() {}

  @Get(['users', 'people'])
  @Locked('AdminController.users')
  users() {}

  @Get('users/:id')
  @Locked('AdminController.user')
  user() {}

  @Delete('users/:id')
  @Sealed()
  remove() {}

  @Head('head-only')
  @Sealed()
  look() {}

  @All('any')
  @Locked('AdminController.any')
  any() {}
}

// The policy of a class, inherited with its handlers.
@Sealed()
abstract class Base {
  @Get('inherited')
  inherited() {}
}

@Controller('deep/er')
class DeepController extends Base {
  @Put('own')
  @Locked('DeepController.own')
  own() {}

  @Patch('own')
  patch() {}
}

@Controller({ path: 'versioned', version: '1' })
class FirstController {
  @Get()
  @Locked('FirstController.show')
  show() {}
}

@Controller({ path: 'versioned', version: ['2', '3'] })
class SecondController {
  @Get()
  @Sealed()
  show() {}
}

@Controller('files')
class FilesController {
  @Get('*')
  @Locked('FilesController.read')
  read() {}

  @Post('*')
  @Sealed()
  write() {}

  @Options('*')
  @Sealed()
  options() {}
}

@Controller({ path: 'tenant', host: 'admin.example' })
class HostController {
  @Get()
  @Sealed()
  show() {}
}

@Controller('nested')
class NestedController {
  @Get('page')
  @Locked('NestedController.page')
  page() {}
}

@Module({ controllers: [NestedController] })
class NestedModule {}

// Beside the excluded path, where a careless comparison of prefixes would let it through.
@Controller('staticadmin')
class NeighbourController {
  @Get()
  @Sealed()
  show() {}
}

@Controller('static')
class OpenController {
  @Get('*')
  open() {}
}

const HANDLERS = [
  ...['AdminController.list', 'AdminController.create', 'AdminController.users', 'AdminController.user'],
  ...[
    'AdminController.any',
    'DeepController.own',
    'FirstController.show',
    'FilesController.read',
    'NestedController.page',
  ],
];

/** Paths, and whose key is most likely to be the right one there. */
const PATHS: readonly (readonly [path: string, handler?: string])[] = [
  ['/admin', 'AdminController.list'],
  ['/admin/users', 'AdminController.users'],
  ['/admin/people', 'AdminController.users'],
  ['/admin/users/7', 'AdminController.user'],
  ['/admin/head-only'],
  ['/admin/any', 'AdminController.any'],
  ['/deep/er/inherited'],
  ['/deep/er/own', 'DeepController.own'],
  ['/versioned', 'FirstController.show'],
  ['/files/a', 'FilesController.read'],
  ['/files/a/b.txt', 'FilesController.read'],
  ['/tenant'],
  ['/outer/nested/page', 'NestedController.page'],
  ['/staticadmin'],
  ['/static/logo.png'],
  ['/static'],
  ['/'],
];

interface Shape {
  readonly name: string;
  readonly prefix: string;
  readonly configure: (app: INestApplication) => unknown;
  /** Options of Fastify's router; Express ignores case and the slash at the end anyway. */
  readonly fastify?: NonNullable<FastifyServerOptions['routerOptions']>;
}

const SHAPES: readonly Shape[] = [
  {
    name: 'a global prefix and versions in the path',
    prefix: '/api',
    configure: (app) => {
      app.setGlobalPrefix('api');
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: ['1'] });
    },
  },
  {
    name: 'versions in a header',
    prefix: '',
    configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
  },
  {
    name: 'a router that takes many spellings for one',
    prefix: '',
    configure: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
    fastify: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false },
  },
];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'SEARCH'];
const header = fc.constantFrom(
  ...[
    'X-HTTP-Method-Override: DELETE',
    'X-Method-Override: POST',
    'X-Original-URL: /static/a',
    'X-Rewrite-URL: /static/a',
  ],
  ...[
    'X-Forwarded-Prefix: /static',
    'X-Forwarded-Path: /static/a',
    'X-Forwarded-For: 127.0.0.1',
    'x-version: 2',
    'x-version: 1',
  ],
  ...['Origin: https://a.example', 'Access-Control-Request-Method: GET', 'Upgrade: websocket', 'Connection: Upgrade'],
  ...[
    'Connection: X-API-Key',
    'Content-Length: 0',
    'Transfer-Encoding: chunked',
    'X-API-Key: ',
    'X-API-Key: key-of-nobod',
  ],
);

function request(prefixes: readonly string[]) {
  const place = fc.constantFrom(...PATHS).chain(([path, handler]) =>
    fc.record({
      target: fc
        .constantFrom(...prefixes)
        .chain((prefix) => spelling(prefix + path))
        // What ends the request line would be another request, not another spelling.
        .map((target) =>
          Buffer.from(target)
            .toString('latin1')
            .replace(/[ \r\n]/g, '%20'),
        ),
      key: fc.oneof(fc.constantFrom(handler, undefined), fc.constantFrom(...HANDLERS)),
    }),
  );
  return fc.record({
    place,
    method: fc.oneof({ weight: 2, arbitrary: fc.constant('GET') }, fc.constantFrom(...METHODS)),
    host: fc.oneof(
      { weight: 4, arbitrary: fc.constant('localhost') },
      fc.constantFrom('admin.example', 'ADMIN.example', '', 'a,b'),
    ),
    headers: fc.array(header, { maxLength: 2 }),
    version: fc.constantFrom('1.1', '1.1', '1.1', '1.0'),
  });
}

/** Sends exactly these bytes and answers the status; 0 when the connection ended without one. */
function statusOf(port: number, bytes: string): Promise<number> {
  return new Promise((resolve) => {
    const socket: Socket = connect({ host: '127.0.0.1', port });
    let text = '';
    socket.setTimeout(1_000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answersOf(text)[0]?.status ?? 0));
    socket.write(bytes, 'latin1');
  });
}

async function start(platform: Platform, { configure, fastify }: Shape): Promise<RunningApp> {
  return startApp(platform, {
    adapter: platform === 'fastify' && fastify ? new FastifyAdapter({ routerOptions: fastify }) : undefined,
    imports: [NestedModule, RouterModule.register([{ path: 'outer', module: NestedModule }])],
    controllers: [
      ...[AdminController, DeepController, FirstController, SecondController, FilesController, HostController],
      ...[NeighbourController, OpenController],
    ],
    // What would answer first, and hide what is asked here.
    config: {
      excludePaths: ['/static', '/api/v1/static'],
      enableRateLimiting: false,
      enablePenetrationDetection: false,
      enableIpBanning: false,
    },
    configure: (app) => configure(app.useGlobalInterceptors(new Witness())),
  });
}

describe.each(PLATFORMS)('routing on %s', (platform) => {
  describe.each(SHAPES)('with $name', (shape) => {
    let app: RunningApp;
    beforeAll(async () => (app = await start(platform, shape)));
    afterAll(() => app.close());

    it('runs every handler for its own key, and none for another', async () => {
      const plain: readonly (readonly [handler: string, method: string, path: string])[] = [
        ['AdminController.list', 'GET', '/admin'],
        ['AdminController.create', 'POST', '/admin'],
        ['AdminController.user', 'GET', '/admin/users/7'],
        ['AdminController.any', 'PROPFIND', '/admin/any'],
        ['DeepController.own', 'PUT', '/deep/er/own'],
        ['FirstController.show', 'GET', '/versioned'],
        ['FilesController.read', 'GET', '/files/a/b.txt'],
        ['NestedController.page', 'GET', '/outer/nested/page'],
      ];
      const prefix = shape.prefix === '' ? '' : `${shape.prefix}/v1`;
      for (const [handler, method, route] of plain) {
        reached = [];
        await app.send(prefix + route, { method, headers: { 'x-version': '1', 'x-api-key': keyOf('another') } });
        expect(reached).toEqual([]);
        await app.send(prefix + route, { method, headers: { 'x-version': '1', 'x-api-key': keyOf(handler) } });
        expect(reached).toEqual([handler]);
      }
      reached = [];
      await app.get(`${prefix}/static/logo.png`);
      expect(reached).toEqual(['OpenController.open']);
    });

    it(
      'runs no handler whose key was not sent, however its path is spelled',
      async () => {
        let ran = 0;
        let asked = 0;
        const prefixes = shape.prefix === '' ? [''] : ['', '/api', '/api/v2', ...Array<string>(5).fill('/api/v1')];
        await fc.assert(
          fc.asyncProperty(request(prefixes), async ({ place: { target, key }, method, host, headers, version }) => {
            reached = [];
            const lines = [
              `${method} ${target} HTTP/${version}`,
              `Host: ${host}`,
              ...(key === undefined ? [] : [`X-API-Key: ${keyOf(key)}`]),
              ...headers,
              'Connection: close',
            ];
            const body = headers.includes('Transfer-Encoding: chunked') ? '0\r\n\r\n' : '';
            const status = await statusOf(app.port, `${lines.join('\r\n')}\r\n\r\n${body}`);
            if (status === 401) asked++;
            for (const handler of reached) {
              if (handler === 'OpenController.open') continue;
              ran++;
              same(handler, key);
            }
          }),
          runs(600),
        );
        // The spellings did arrive at handlers, with their key and without.
        expect(ran).toBeGreaterThan(0);
        expect(asked).toBeGreaterThan(10);
      },
      patience(30_000),
    );
  });
});
