import type { INestApplication, LoggerService } from '@nestjs/common';
import { WALL_CLOCK } from '../../lib/state/wall-clock';
import { PLATFORMS, type RequestOptions, type RunningApp, startApp } from '../../test/support/platforms';
import { TestClock } from '../../test/support/test-clock';
import { until } from '../../test/support/until';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';
import { describeApi } from './open-api';

const KEY = 'demo-key-of-the-partner-api';
const ordering = { 'x-api-key': KEY, 'x-partner': 'acme', 'idempotency-key': '0123-4567' };
const ATTACK = "' UNION SELECT card FROM customers--";

type Case = [what: string, path: string, request: RequestOptions, status: number, data: unknown];

const CASES: Case[] = [
  ['prices without a token', '/prices', {}, 401, { code: 'GUARD_AUTHENTICATION' }],
  ['prices with a wrong token', '/prices', { headers: { authorization: 'Bearer wrong' } }, 401, {}],
  ['prices', '/prices', { headers: { authorization: 'Bearer demo-token-of-acme' } }, 200, { for: 'acme', pallet: 120 }],
  ['an order without a key', '/orders', { body: { total: 1 }, headers: { ...ordering, 'x-api-key': '' } }, 401, {}],
  ['an order without its headers', '/orders', { body: { total: 1 } }, 400, { code: 'GUARD_REQUIRED_HEADERS' }],
  ['an order', '/orders', { body: { total: 1000 }, headers: ordering }, 201, { accepted: 1000 }],
  [
    'an order above the limit',
    '/orders',
    { body: { total: 1001 }, headers: ordering },
    402,
    { message: 'Orders are limited to 1000' },
  ],
  ['an order without a total', '/orders', { body: {}, headers: ordering }, 400, { message: 'An order has a total' }],
  [
    'an order of another type',
    '/orders',
    { body: 'total=1', headers: { ...ordering, 'content-type': 'text/plain' } },
    415,
    {},
  ],
  ['an order that is too large', '/orders', { body: { total: 1, note: 'x'.repeat(3000) }, headers: ordering }, 413, {}],
  [
    'an order that could be sent twice',
    '/orders',
    { body: { total: 1 }, headers: { ...ordering, 'idempotency-key': '?' } },
    400,
    {},
  ],
  ['a message', '/contact', { body: { text: 'Hello' } }, 202, { held: false }],
  ['a message that is an attack', '/contact', { body: { text: ATTACK } }, 202, { held: true }],
  [
    'a message of a robot',
    '/contact',
    { body: { text: 'Hi', website: 'https://spam.example' } },
    403,
    { code: 'GUARD_HONEYPOT' },
  ],
  ['who one is', '/whoami', { from: '192.0.2.7' }, 200, { ip: '192.0.2.7', trusted: false }],
  ['what does not exist', '/nothing', {}, 404, { statusCode: 404 }],
];

describe.each(PLATFORMS)('the partner API on %s', (platform) => {
  // A Monday noon in Zurich.
  const clock = new TestClock(Date.parse('2026-11-23T11:00:00Z'));
  const lines: string[] = [];
  const logger = Object.fromEntries(
    ['log', 'warn', 'error'].map((level) => [level, (line: unknown) => lines.push(`${level} ${String(line)}`)]),
  ) as unknown as LoggerService;
  let app: RunningApp;

  beforeAll(async () => {
    app = await startApp(platform, {
      imports: [AppModule],
      override: (module) => module.overrideProvider(WALL_CLOCK).useValue(clock.read),
      configure: (nest: INestApplication) => nest.useLogger(logger),
    });
  });
  afterAll(() => app.close());

  const send = (path: string, { headers, ...request }: RequestOptions) =>
    app.send(path, {
      method: request.body === undefined ? 'GET' : 'POST',
      ...request,
      headers: { 'x-client': 'spec', ...headers },
    });

  itAnswersAsInTheReadme(__dirname, () => app.port);

  it.each(CASES)('answers %s', async (_, path, request, status, data) => {
    const answer = await send(path, request);
    const { ok, data: served, error } = answer.json();
    expect([answer.status, ok]).toEqual([status, status < 400]);
    expect(status < 400 ? served : error).toMatchObject(data as object);
    expect(answer.headers['x-api-version']).toBe('2');
  });

  it('wants every client to name itself', async () => {
    const answer = await app.get('/whoami');
    expect(answer.json()).toMatchObject({ ok: false, error: { message: 'Send an X-Client header' } });
  });

  it('cancels while the warehouse is open', async () => {
    const cancel = () => send('/orders/7/cancel', { method: 'POST' });
    expect((await cancel()).json()).toEqual({ ok: true, data: { cancelled: '7' } });
    clock.time = Date.parse('2026-11-23T17:00:00Z');
    expect((await cancel()).status).toBe(403);
    clock.time = Date.parse('2026-11-22T11:00:00Z');
    expect((await cancel()).status).toBe(403);
  });

  it('is described in OpenAPI', () => {
    const { paths, components } = describeApi(app.app);
    expect(Object.keys(paths['/orders']!.post!.responses)).toEqual(['201', '400', '401', '403', '413', '415']);
    expect(paths['/orders']!.post!.security).toEqual([{ api_key: [] }]);
    expect(paths['/prices']!.get!.security).toEqual([{ bearer: [] }]);
    expect(Object.keys(components!.securitySchemes!)).toEqual(['api_key', 'bearer']);
  });

  it('logs requests and refusals, and no key', async () => {
    lines.length = 0;
    const body = { total: 5000, vatNumber: 'planted-vat' };
    await send('/orders', { body, headers: ordering, from: '192.0.2.99' });
    await until(() => lines.length === 2);
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn refused status=402 .* reason="above the limit" .* route="POST \/orders"/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^log request status=402 ms=/));
    expect(lines.join()).not.toMatch(/planted|demo-key/);
  });
});
