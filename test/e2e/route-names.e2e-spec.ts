import {
  All,
  Controller,
  Get,
  type INestApplication,
  Module,
  Post,
  Req,
  RequestMethod,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { BlockUserAgents, GuardControl, GuardEvents, MaxRequestSize, type RefusalEvent } from 'nestapi-guard';
import { PLATFORMS, type RequestOptions, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';

interface Routed {
  readonly route?: { readonly path: string };
  readonly routeOptions?: { readonly url: string };
}

/** The path that the framework has matched; Fastify has no names of wildcards. */
function matched({ route, routeOptions }: Routed): string | undefined {
  return (route?.path ?? routeOptions?.url)?.replace(/\{?\*.*/, '*');
}

@Controller({ path: 'cats', version: '1' })
@BlockUserAgents([''])
class CatsController {
  @Get(':id')
  find(@Req() request: Routed) {
    return matched(request);
  }

  @Get()
  @Version(['2', '3', VERSION_NEUTRAL])
  list(@Req() request: Routed) {
    return matched(request);
  }

  @Post(['names', 'nicknames'])
  @MaxRequestSize(10)
  name() {
    return 'named';
  }

  @All('files/*')
  @Version(['1', '2'])
  files(@Req() request: Routed) {
    return matched(request);
  }
}

@Controller('shop')
@BlockUserAgents([''])
class ShopController {
  @Get('health')
  @Version(VERSION_NEUTRAL)
  health(@Req() request: Routed) {
    return matched(request);
  }

  @Get('status')
  @Version('1')
  status(@Req() request: Routed) {
    return matched(request);
  }

  @Get()
  plain(@Req() request: Routed) {
    return matched(request);
  }
}

@Module({ controllers: [ShopController] })
class ShopModule {}

const versioned = (app: INestApplication) => app.enableVersioning({ type: VersioningType.URI });
const prefixed = (app: INestApplication) => app.setGlobalPrefix('/api/');

type Setup = (app: INestApplication) => unknown;

describe.each(PLATFORMS)('the name of a route on %s', (platform) => {
  let app: RunningApp;
  let events: RefusalEvent[];

  async function start(configure: Setup): Promise<void> {
    events = [];
    app = await startApp(platform, {
      controllers: [CatsController],
      imports: [ShopModule, RouterModule.register([{ path: 'town', module: ShopModule }])],
      config: { enablePenetrationDetection: false, passiveMode: true },
      configure: (nest: INestApplication) => {
        nest.get(GuardEvents).on('would_refuse', (event) => events.push(event));
        return configure(nest);
      },
    });
  }
  afterEach(() => app.close());

  async function eventOf(path: string, options: RequestOptions = {}): Promise<[route: string, answer: string]> {
    events.length = 0;
    const { text } = await app.send(path, options);
    await until(() => events.length > 0);
    return [events[0]!.request.route!, text];
  }

  it.each<[what: string, configure: Setup, routes: Record<string, string>]>([
    [
      'nothing else',
      () => undefined,
      { '/cats/7': 'GET /cats/:id', '/cats': 'GET /cats', '/town/shop': 'GET /town/shop' },
    ],
    [
      'versions',
      versioned,
      {
        '/v1/cats/7': 'GET /v1/cats/:id',
        '/v2/cats': 'GET /v2/cats',
        '/v3/cats': 'GET /v3/cats',
        '/cats': 'GET /cats',
        '/v2/cats/files/a/b': 'ALL /v2/cats/files/*',
        '/town/shop': 'GET /town/shop',
        '/v1/town/shop/status': 'GET /v1/town/shop/status',
      },
    ],
    [
      'versions with another prefix and a default',
      (nest) => nest.enableVersioning({ type: VersioningType.URI, prefix: 'version-', defaultVersion: ['7', '8'] }),
      { '/version-1/cats/7': 'GET /version-1/cats/:id', '/version-8/town/shop': 'GET /version-8/town/shop' },
    ],
    [
      'versions without a prefix',
      (nest) => nest.enableVersioning({ type: VersioningType.URI, prefix: false }),
      { '/3/cats': 'GET /3/cats', '/1/cats/7': 'GET /1/cats/:id' },
    ],
    [
      'versions in a header',
      (nest) => nest.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
      { '/cats': 'GET /cats', '/town/shop/health': 'GET /town/shop/health' },
    ],
    ['a global prefix', prefixed, { '/api/cats/7': 'GET /api/cats/:id', '/api/town/shop': 'GET /api/town/shop' }],
    [
      'a global prefix, exceptions from it, and versions',
      (nest) =>
        versioned(nest).setGlobalPrefix('api', {
          exclude: ['town/shop/health', { path: 'town/shop/status', method: RequestMethod.GET }],
        }),
      {
        '/api/v2/cats': 'GET /api/v2/cats',
        '/api/cats': 'GET /api/cats',
        '/town/shop/health': 'GET /town/shop/health',
        '/v1/town/shop/status': 'GET /v1/town/shop/status',
        '/api/town/shop': 'GET /api/town/shop',
      },
    ],
  ])('has the way in that a request took, with %s', async (_, configure, routes) => {
    await start(configure);
    for (const [path, expected] of Object.entries(routes)) {
      const [route, answer] = await eventOf(path);
      expect([path, route]).toEqual([path, expected]);
      expect(answer).toBe(route.replace(/^\w+ /, ''));
    }
    const reported = app.app.get(GuardControl).policies();
    const served = reported.flatMap(({ route }) => {
      const [method, paths = ''] = route.split(' ');
      return paths.split('|').map((path) => `${method} ${path}`);
    });
    expect(served).toEqual(expect.arrayContaining(Object.values(routes)));
  });

  it('has it before the body is read, and for whatever spelling', async () => {
    await start(versioned);
    const upload = { method: 'POST', body: 'x'.repeat(100) };
    expect((await eventOf('/v1/cats/nicknames', upload))[0]).toBe('POST /v1/cats/nicknames');
    // Express tells no upper case, Fastify decodes the path.
    const spelling = platform === 'express' ? '/V1/Cats/Names/' : '/v1/c%61ts/names';
    expect((await eventOf(spelling, upload))[0]).toBe('POST /v1/cats/names');
  });

  it('lists all paths and versions in reports', async () => {
    await start((nest) => prefixed(versioned(nest)));
    const routes = app.app
      .get(GuardControl)
      .policies()
      .map(({ route }) => route);
    expect(routes.sort()).toEqual([
      'ALL /api/v1/cats/files/*|/api/v2/cats/files/*',
      'GET /api/town/shop',
      'GET /api/town/shop/health',
      'GET /api/v1/cats/:id',
      'GET /api/v1/town/shop/status',
      'GET /api/v2/cats|/api/v3/cats|/api/cats',
      'POST /api/v1/cats/names|/api/v1/cats/nicknames',
    ]);
  });
});
