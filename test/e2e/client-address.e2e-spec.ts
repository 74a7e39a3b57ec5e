import type { OutgoingHttpHeaders } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { BanService, ClientIp, type GuardConfigInput } from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@Controller()
class AddressController {
  @Get('ip')
  ip(@ClientIp() ip: string) {
    return ip;
  }
}

const CLIENT = '192.0.2.7';
const PROXY = '10.1.2.3';
const FORGED = '203.0.113.66';

type Case = [what: string, config: GuardConfigInput, headers: OutgoingHttpHeaders, client: string];

const CASES: Case[] = [
  ['nobody is trusted', {}, { 'x-forwarded-for': FORGED, forwarded: `for=${FORGED}` }, '127.0.0.1'],
  ['one proxy is', { trustedProxies: ['loopback'] }, { 'x-forwarded-for': `${FORGED}, ${CLIENT}` }, CLIENT],
  [
    'two proxies are, at a depth of one',
    { trustedProxies: ['loopback', PROXY] },
    { 'x-forwarded-for': `${CLIENT}, ${PROXY}` },
    PROXY,
  ],
  [
    'two proxies are, at a depth of two',
    { trustedProxies: ['loopback', PROXY], trustedProxyDepth: 2 },
    { 'x-forwarded-for': `${FORGED}, ${CLIENT}, ${PROXY}` },
    CLIENT,
  ],
  [
    'a depth of two, and one proxy',
    { trustedProxies: ['loopback'], trustedProxyDepth: 2 },
    { 'x-forwarded-for': `${FORGED}, ${CLIENT}` },
    CLIENT,
  ],
  [
    'the proxy has a header of its own',
    { trustedProxies: ['loopback'], clientIpHeader: 'CF-Connecting-IP' },
    { 'cf-connecting-ip': CLIENT, 'x-forwarded-for': FORGED },
    CLIENT,
  ],
  [
    'the proxy forgot its own header',
    { trustedProxies: ['loopback'], clientIpHeader: 'cf-connecting-ip' },
    { 'x-forwarded-for': FORGED, forwarded: `for=${FORGED}` },
    '127.0.0.1',
  ],
  [
    'the proxy speaks RFC 7239 only',
    { trustedProxies: ['loopback'], clientIpHeader: 'forwarded' },
    { forwarded: `for="[2001:db8::7]:4711";proto=https`, 'x-forwarded-for': FORGED },
    '2001:db8::7',
  ],
  [
    'a function tells',
    { clientIpResolver: ({ headers }) => String(headers['x-client']) },
    { 'x-client': '::FFFF:192.0.2.7', 'x-forwarded-for': FORGED },
    CLIENT,
  ],
  ['a function tells no address', { clientIpResolver: () => 'nobody' }, { 'x-forwarded-for': FORGED }, '127.0.0.1'],
  [
    'a function throws',
    {
      clientIpResolver: () => {
        throw new Error('no such header');
      },
    },
    { 'x-forwarded-for': FORGED },
    '127.0.0.1',
  ],
];

describe.each(PLATFORMS)('the client on %s', (platform) => {
  let app: RunningApp;
  afterEach(() => app.close());

  async function start(config: GuardConfigInput): Promise<void> {
    app = await startApp(platform, { controllers: [AddressController], config });
  }

  it('is the peer where a function promises an address, kept or not', async () => {
    const rejections: unknown[] = [];
    const onRejection = (reason: unknown) => rejections.push(reason);
    process.on('unhandledRejection', onRejection);
    const late = () => Promise.reject(new Error('gone')) as unknown as string;
    await start({ clientIpResolver: late });
    expect((await app.get('/ip')).text).toBe('127.0.0.1');
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', onRejection);
    expect(rejections).toEqual([]);
  });

  it.each(CASES)('where %s', async (_, config, headers, client) => {
    await start({ ...config, blacklist: [FORGED] });
    const answer = await app.get('/ip', { headers });
    expect([answer.status, answer.text]).toEqual([200, client]);
    await app.app.get(BanService).ban(client);
    // Loopback, and a trusted proxy, are never banned.
    const banned = client !== '127.0.0.1' && client !== PROXY;
    expect((await app.get('/ip', { headers })).status).toBe(banned ? 403 : 200);
  });

  it.each<[what: string, subnet: number | undefined, first: string, second: string, together: boolean]>([
    ['a network of 64 bits, by default', undefined, '2001:db8:0:1::1', '2001:db8:0:1:ffff::2', true],
    ['another such network', undefined, '2001:db8:0:1::1', '2001:db8:0:2::1', false],
    ['one of 48 bits', 48, '2001:db8:0:1::1', '2001:db8:0:2::1', true],
    ['one of 128 bits', 128, '2001:db8:0:1::1', '2001:db8:0:1::2', false],
    ['an IPv4 address, whatever the subnet is', 32, '192.0.2.1', '192.0.2.2', false],
  ])('is %s for limits and bans', async (_, ipv6Subnet, first, second, together) => {
    await start({ trustedProxies: ['loopback'], rateLimit: 1, ...(ipv6Subnet && { ipv6Subnet }) });
    const status = async (from: string) => (await app.get('/ip', { from })).status;
    expect([await status(first), await status(first)]).toEqual([200, 429]);
    expect(await status(second)).toBe(together ? 429 : 200);
    await app.app.get(BanService).ban(first);
    expect((await app.get('/none', { from: second })).status).toBe(together ? 403 : 404);
  });
});
