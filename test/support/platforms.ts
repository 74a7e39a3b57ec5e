import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { INestApplication, ModuleMetadata, NestApplicationOptions } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { type GuardConfigInput, GuardModule } from 'nestapi-guard';

/** For `describe.each(PLATFORMS)('… on %s', (platform) => …)`. */
export const PLATFORMS = ['express', 'fastify'] as const;

export type Platform = (typeof PLATFORMS)[number];

export interface StartOptions extends ModuleMetadata {
  readonly config?: GuardConfigInput;
  /** Replaces providers before anything is created. */
  readonly override?: (module: TestingModuleBuilder) => TestingModuleBuilder;
  /** Called before the application is initialised. */
  readonly configure?: (app: INestApplication) => unknown;
  readonly listenOn?: string;
  /** Default: one without options. */
  readonly adapter?: ExpressAdapter | FastifyAdapter;
  /** What `NestFactory.create()` would be given. */
  readonly nest?: NestApplicationOptions;
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** The body read as JSON. */
  readonly json: () => ReturnType<typeof JSON.parse>;
}

export interface RequestOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer | object;
  /** Sent as `X-Forwarded-For`; needs `trustedProxies: ['loopback']`. */
  readonly from?: string;
}

/** A listening application and a client that sends exactly the request target it is told to. */
export class RunningApp {
  constructor(
    readonly app: INestApplication,
    readonly port: number,
  ) {}

  get(path: string, options: RequestOptions = {}): Promise<Answer> {
    return this.send(path, options);
  }

  post(path: string, body: RequestOptions['body'], options: RequestOptions = {}): Promise<Answer> {
    return this.send(path, { method: 'POST', ...options, body });
  }

  send(path: string, { method = 'GET', headers = {}, body, from }: RequestOptions = {}): Promise<Answer> {
    const json = typeof body === 'object' && !Buffer.isBuffer(body);
    const payload = json ? JSON.stringify(body) : body;
    const sent: http.OutgoingHttpHeaders = {
      ...(json ? { 'content-type': 'application/json' } : {}),
      ...(payload === undefined ? {} : { 'content-length': Buffer.byteLength(payload) }),
      ...(from === undefined ? {} : { 'x-forwarded-for': from }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const request = http.request({ host: '127.0.0.1', port: this.port, path, method, headers: sent }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, text, json: () => JSON.parse(text) });
        });
      });
      request.on('error', reject);
      request.end(payload);
    });
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

/** Starts a guarded application on a free loopback port. */
export async function startApp(platform: Platform, options: StartOptions): Promise<RunningApp> {
  const {
    config,
    configure,
    override = (builder) => builder,
    listenOn = '127.0.0.1',
    adapter,
    nest,
    ...metadata
  } = options;
  const builder = Test.createTestingModule({
    ...metadata,
    imports: [...(metadata.imports ?? []), ...(config === undefined ? [] : [GuardModule.forRoot(config)])],
  });
  const module = await override(builder).compile();
  const framework = adapter ?? (platform === 'express' ? new ExpressAdapter() : new FastifyAdapter());
  const app = module.createNestApplication(framework as ExpressAdapter, { logger: false, ...nest });
  await configure?.(app);
  await app.listen(0, listenOn);
  return new RunningApp(app, ((app.getHttpServer() as http.Server).address() as AddressInfo).port);
}
