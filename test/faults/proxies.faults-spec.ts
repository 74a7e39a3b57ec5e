import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, type INestApplication, Req } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { FastifyInstance } from 'fastify';
import { ClientIp, type GuardConfigInput, GuardModule } from 'nestapi-guard';
import { PLATFORMS, type Platform } from '../support/platforms';
import { answersOf, open } from '../support/raw-http';
import { RealProxy } from '../support/real-proxies';

/** The client connects from here, the proxies from 127.0.0.1: all of 127.0.0.0/8 is this machine. */
const CLIENT = '127.0.0.2';

@Controller()
class WhoAmIController {
  @Get('whoami')
  whoami(@ClientIp() ip: string | undefined, @Req() { headers }: { headers: Record<string, unknown> }) {
    return { ip, requestId: headers['x-request-id'] };
  }
}

/** The examples of the documentation, as they stand there. */
const page = readFileSync(join(__dirname, '../../docs/behind-a-proxy.md'), 'utf8');
const example = (language: string): string => new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'm').exec(page)![1]!;
const APPLICATION = '127.0.0.1:3000';

const forwarded = { clientIpHeader: 'x-forwarded-for', trustedProxies: ['127.0.0.1'], trustXForwardedProto: true };
const BEHIND_A_SOCKET = { ...forwarded, trustedProxies: ['unix'] };
const BEHIND_TWO = { ...forwarded, trustedProxyDepth: 2 };

interface Setup {
  readonly name: string;
  readonly config: GuardConfigInput;
  /** Starts the proxies, the outermost last. */
  readonly start: (port: number, socket: string) => Promise<RealProxy[]>;
}

const nginxTo = (target: string) => RealProxy.nginx(example('nginx').replace(APPLICATION, target));
const haproxyTo = (port: number, ...globals: string[]) =>
  RealProxy.haproxy(example('haproxy').replace(APPLICATION, `127.0.0.1:${port}`), globals);

const SETUPS: readonly Setup[] = [
  { name: 'nginx', config: forwarded, start: async (port) => [await nginxTo(`127.0.0.1:${port}`)] },
  {
    name: 'nginx over a unix socket',
    config: BEHIND_A_SOCKET,
    start: async (_, socket) => [await nginxTo(`unix:${socket}:/`)],
  },
  { name: 'HAProxy', config: forwarded, start: async (port) => [await haproxyTo(port)] },
  {
    name: 'HAProxy that lets thousands of header lines through',
    config: forwarded,
    start: async (port) => [await haproxyTo(port, 'tune.http.maxhdr 4000', 'tune.bufsize 65536')],
  },
  {
    name: 'HAProxy and nginx',
    config: BEHIND_TWO,
    start: async (port) => {
      const inner = await nginxTo(`127.0.0.1:${port}`);
      return [inner, await haproxyTo(inner.port)];
    },
  },
  {
    name: 'nginx and HAProxy',
    config: BEHIND_TWO,
    start: async (port) => {
      const inner = await haproxyTo(port);
      return [inner, await nginxTo(`127.0.0.1:${inner.port}`)];
    },
  },
];

const flood = (lines: number): string[] => Array.from({ length: lines }, (_, index) => `a${index % 7}: `);
const LIE = '203.0.113.66';

const LIES: readonly (readonly [what: string, lines: readonly string[]])[] = [
  ['nothing', []],
  ['X-Forwarded-For', [`X-Forwarded-For: ${LIE}`]],
  ['the address of the proxy', ['X-Forwarded-For: 127.0.0.1']],
  ['many addresses of the proxy', ['X-Forwarded-For: 127.0.0.1, 127.0.0.1, 127.0.0.1, 127.0.0.1']],
  ['a list over several lines', [`X-Forwarded-For: ${LIE}`, 'x-forwarded-for: 127.0.0.1', `X-FORWARDED-FOR: ,${LIE},`]],
  ['an unended quotation', [`X-Forwarded-For: "${LIE}`, `Forwarded: for="${LIE}`]],
  ['Forwarded', [`Forwarded: for=${LIE};proto=https`]],
  [
    'the headers of other proxies',
    [`X-Real-IP: ${LIE}`, `CF-Connecting-IP: ${LIE}`, `True-Client-IP: ${LIE}`, `Client-IP: ${LIE}`],
  ],
  [
    'a request to drop the header',
    [`X-Forwarded-For: ${LIE}`, 'Connection: close, X-Forwarded-For, X-Forwarded-Proto'],
  ],
  ['150 lines', [`X-Forwarded-For: ${LIE}`, ...flood(150)]],
  ['300 lines', [`X-Forwarded-For: ${LIE}`, ...flood(300)]],
  ['1,100 lines in front', [...flood(1_100), `X-Forwarded-For: ${LIE}`]],
  ['1,100 lines behind', [`X-Forwarded-For: ${LIE}`, ...flood(1_100)]],
  ['1,100 lines alone', flood(1_100)],
  ['3,000 lines', [`X-Forwarded-For: ${LIE}`, ...flood(3_000)]],
  ['a header of names', ['X-Forwarded-For: localhost, unknown, _hidden, 010.0.0.1']],
  ['a header of 6 KB', [`X-Forwarded-For: ${Array(600).fill(LIE).join(',')}`]],
];

async function startOn(
  platform: Platform,
  config: GuardConfigInput,
): Promise<{ app: INestApplication; server: Server }> {
  const module = await Test.createTestingModule({
    controllers: [WhoAmIController],
    imports: [GuardModule.forRoot({ enableIpBanning: false, ...config })],
  }).compile();
  const adapter = (platform === 'express' ? new ExpressAdapter() : new FastifyAdapter()) as ExpressAdapter;
  const app = module.createNestApplication(adapter, { logger: false });
  await app.init();
  if (platform === 'fastify') await (app.getHttpAdapter().getInstance() as unknown as FastifyInstance).ready();
  return { app, server: app.getHttpServer() as Server };
}

/** Whatever the outermost proxy says to a client at `CLIENT`, which keeps its end open: nginx takes a half-closed one for gone. */
function askProxy(port: number, ...lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = open({ host: '127.0.0.1', port, localAddress: CLIENT });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    // A proxy that has had enough may reset the connection after its answer.
    socket.on('error', (error) => (text === '' ? reject(error) : undefined));
    socket.on('close', () => resolve(text));
    socket.write(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  });
}

describe.each(PLATFORMS)('F19: the client of an application on %s', (platform) => {
  describe.each(SETUPS)('behind $name', ({ config, start }) => {
    const folder = mkdtempSync(join(tmpdir(), 'guard-proxies-'));
    let app: INestApplication;
    let proxies: RealProxy[] = [];
    beforeAll(async () => {
      const started = await startOn(platform, {
        enableRateLimiting: false,
        enablePenetrationDetection: false,
        ...config,
      });
      app = started.app;
      const socket = join(folder, 'app.sock');
      const overSocket = config.trustedProxies?.includes('unix');
      await new Promise<void>((resolve) =>
        overSocket ? started.server.listen(socket, resolve) : started.server.listen(0, '127.0.0.1', resolve),
      );
      const address = started.server.address();
      proxies = await start(typeof address === 'object' ? address!.port : 0, socket);
    });
    afterAll(async () => {
      for (const proxy of proxies) await proxy.stop();
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const ask = async (lines: readonly string[]) => {
      const closing = lines.some((line) => line.startsWith('Connection:')) ? [] : ['Connection: close'];
      const stream = await askProxy(
        proxies.at(-1)!.port,
        'GET /whoami HTTP/1.1',
        'Host: api.example.com',
        ...lines,
        ...closing,
      );
      return { answer: answersOf(stream)[0]!, stream };
    };

    it.each(LIES)('is who connects, though it says %s', async (what, lines) => {
      const { answer, stream } = await ask(lines);
      if (answer.status === 200) {
        expect(/"ip":"([^"]*)"/.exec(stream)?.[1]).toBe(CLIENT);
        return;
      }
      // Refused by whichever of the two has had enough of header lines, and never for less.
      expect([400, 431]).toContain(answer.status);
      expect(what).toMatch(/^\S*\d lines|3,000/);
    });

    it('is served when it is honest', async () => {
      expect((await ask([])).answer.status).toBe(200);
    });
  });
});

it.each(PLATFORMS)('on %s nginx tells what came encrypted, and what did not', async (platform) => {
  const { app, server } = await startOn(platform, { ...forwarded, enforceHttps: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const nginx = await nginxTo(`127.0.0.1:${typeof address === 'object' ? address!.port : 0}`);
  const lines = ['GET /whoami HTTP/1.1', 'Host: api.example.com', 'Connection: close', 'X-Forwarded-Proto: https'];
  const answer = answersOf(await askProxy(nginx.port, ...lines))[0]!;
  // What the client says about its own connection is replaced.
  expect(answer).toMatchObject({ status: 301, headers: { location: 'https://api.example.com/whoami' } });
  await nginx.stop();
  await app.close();
});
