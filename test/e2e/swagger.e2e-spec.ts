import { All, Controller, Delete, Get, Param, Post, RequestMethod, Version, VersioningType } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiCreatedResponse,
  ApiForbiddenResponse,
  ApiProperty,
  DocumentBuilder,
  type OpenAPIObject,
  SwaggerModule,
} from '@nestjs/swagger';
import {
  AllowCountries,
  ApiKeyAuth,
  BlockUserAgents,
  Bypass,
  ContentTypeFilter,
  CustomValidation,
  GuardDocumentation,
  type GuardConfigInput,
  GuardPolicy,
  HoneypotDetection,
  MaxRequestSize,
  RateLimit,
  RequireAuth,
  RequireHeaders,
  RequireIp,
  RequireReferrer,
  TimeWindow,
  UsageMonitor,
} from 'nestapi-guard';
import { PLATFORMS, type RunningApp, type StartOptions, startApp } from '../support/platforms';

class Order {
  @ApiProperty()
  id!: number;
}

@Controller('orders')
@RequireAuth('bearer', { verify: () => true })
class OrdersController {
  @Get(':id')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  @BlockUserAgents(['curl'])
  find(@Param('id') _id: string) {}

  @Post()
  @ApiCreatedResponse({ type: Order })
  @ApiKeyAuth({ headerName: 'X-Partner-Key', keys: ['planted-api-key'] })
  @RequireHeaders({ 'X-Tenant': 'required', 'X-Version': 'planted-exact-value' })
  @ContentTypeFilter(['application/json'])
  @MaxRequestSize(1024)
  @RateLimit({ requests: 5, window: 60 })
  create(): Order {
    return { id: 1 };
  }

  @Delete(':id')
  @ApiForbiddenResponse({ description: 'Only owners' })
  @ApiBearerAuth('own')
  @RequireReferrer(['myapp.com'])
  remove(@Param('id') _id: string) {}

  @Get('public/prices')
  @Bypass(['authentication'])
  @UsageMonitor({ maxCalls: 50, window: 60, action: 'log' })
  prices() {}
}

@Controller('misc')
class MiscController {
  @Get('plain')
  plain() {}

  @All('everything')
  @TimeWindow('09:00', '17:00')
  @HoneypotDetection(['website'])
  @CustomValidation(() => true)
  everything() {}

  @Get('key')
  @GuardPolicy({ apiKeyAuth: { headerName: 'x-api-key', keys: ['planted-api-key'] } })
  key() {}

  @Get('basic')
  @RequireAuth('Basic', { verify: () => true })
  basic() {}

  @Version('2')
  @Get('versioned')
  @RateLimit({ requests: 5, window: 60 })
  versioned() {}

  @Get('pages{/:page}')
  @RateLimit({ requests: 5, window: 60 })
  pages() {}

  @Get('country')
  @AllowCountries(['CH'])
  country() {}
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

describe.each(PLATFORMS)('Swagger on %s', (platform) => {
  let app: RunningApp;
  let document: OpenAPIObject;

  async function start(config: GuardConfigInput, configure?: StartOptions['configure']): Promise<void> {
    const geoIpHandler = { isInitialized: true, initialize: () => undefined, getCountry: () => 'CH' };
    app = await startApp(platform, {
      controllers: [OrdersController, MiscController],
      config: { geoIpHandler, ...config },
      configure,
    });
    document = SwaggerModule.createDocument(app.app, new DocumentBuilder().setTitle('Orders').addBearerAuth().build());
  }
  const operation = (method: 'get' | 'post' | 'delete' | 'put', path: string) =>
    document.paths[path]?.[method] as Operation;
  const statuses = (method: 'get' | 'post' | 'delete' | 'put', path: string) =>
    Object.keys(operation(method, path).responses);

  describe('a document', () => {
    beforeAll(() => start({}));
    afterAll(() => app.close());

    it.each([
      ['get', '/orders/{id}', ['200', '401', '403']],
      ['post', '/orders', ['201', '400', '401', '413', '415', '429']],
      // The 200 is left out by Swagger itself, because of @ApiForbiddenResponse().
      ['delete', '/orders/{id}', ['401', '403']],
      ['get', '/orders/public/prices', ['200']],
      ['get', '/misc/plain', ['200']],
      ['get', '/misc/everything', ['200', '403']],
      ['put', '/misc/everything', ['200', '403']],
      ['get', '/misc/key', ['200', '401']],
      ['get', '/misc/basic', ['200', '401']],
      ['get', '/misc/country', ['200', '403']],
      ['get', '/misc/pages/{page}', ['200', '429']],
    ] as const)('tells what %s %s answers', (method, path, expected) => {
      expect(statuses(method, path)).toEqual(expected);
    });

    it('describes answers with their reasons, bodies and headers', () => {
      const { responses } = operation('get', '/orders/{id}');
      expect(responses['403']).toEqual({
        description: 'Refused because of the user agent, or the address of the client',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/GuardErrorBody' } } },
      });
      expect(responses['401']).toMatchObject({ headers: { 'WWW-Authenticate': { schema: { type: 'string' } } } });
      expect(operation('post', '/orders').responses['429']).toMatchObject({
        headers: { 'Retry-After': expect.anything() },
      });
      expect(document.components?.schemas?.GuardErrorBody).toMatchObject({
        required: ['statusCode', 'message', 'error', 'code'],
      });
    });

    it('leaves what the application has documented itself', () => {
      expect(operation('delete', '/orders/{id}').responses['403']).toMatchObject({ description: 'Only owners' });
      expect(operation('delete', '/orders/{id}').security).toEqual([{ own: [] }]);
      const created = operation('post', '/orders').responses['201'];
      expect(JSON.stringify(created)).toContain('#/components/schemas/Order');
    });

    it('names security schemes, all of which have to be met', () => {
      expect(operation('get', '/orders/{id}').security).toEqual([{ bearer: [] }]);
      expect(operation('post', '/orders').security).toEqual([{ bearer: [], 'x-partner-key': [] }]);
      expect(operation('get', '/misc/key').security).toEqual([{ api_key: [] }]);
      expect(operation('get', '/misc/basic').security).toEqual([{ basic: [] }]);
      expect(operation('get', '/misc/plain').security).toBeUndefined();
      expect(operation('get', '/orders/public/prices').security).toBeUndefined();
      expect(document.components?.securitySchemes).toEqual({
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        basic: { type: 'http', scheme: 'basic' },
        api_key: { type: 'apiKey', in: 'header', name: 'x-api-key' },
        'x-partner-key': { type: 'apiKey', in: 'header', name: 'X-Partner-Key' },
      });
    });

    it('names required headers, and keeps values to itself', () => {
      const header = (name: string) => ({ in: 'header', name, required: true, schema: { type: 'string' } });
      expect(operation('post', '/orders').parameters).toEqual([header('X-Tenant'), header('X-Version')]);
      expect(JSON.stringify(document)).not.toContain('planted');
    });

    it('is the same once it is completed again', () => {
      const before = JSON.stringify(document);
      expect(JSON.stringify(app.app.get(GuardDocumentation).complete(document))).toBe(before);
    });
  });

  it('finds routes under a global prefix and with versions', async () => {
    await start({}, (nest) => {
      nest.setGlobalPrefix('api', { exclude: [{ path: 'misc/key', method: RequestMethod.GET }] });
      nest.enableVersioning({ type: VersioningType.URI });
    });
    expect(statuses('get', '/api/orders/{id}')).toEqual(['200', '401', '403']);
    expect(statuses('get', '/api/v2/misc/versioned')).toEqual(['200', '429']);
    expect(statuses('get', '/misc/key')).toEqual(['200', '401']);
    await app.close();
  });

  it('shows no schema where the application answers with bodies of its own', async () => {
    await start({ customErrorResponses: { 403: { no: true } } });
    expect(operation('get', '/orders/{id}').responses['403']).not.toHaveProperty('content');
    expect(operation('get', '/orders/{id}').responses['401']).toHaveProperty('content');
    await app.close();
  });

  it('can be switched off, and asked for', async () => {
    await start({ swagger: false });
    expect(statuses('post', '/orders')).toEqual(['201']);
    expect(operation('post', '/orders').security).toBeUndefined();
    app.app.get(GuardDocumentation).complete(document);
    expect(statuses('post', '/orders')).toContain('401');
    await app.close();
  });

  it('leaves documents of applications without the guard alone', async () => {
    const plain = await startApp(platform, { controllers: [MiscController] });
    document = SwaggerModule.createDocument(plain.app, new DocumentBuilder().build());
    expect(statuses('get', '/misc/basic')).toEqual(['200']);
    await plain.close();
  });
});
