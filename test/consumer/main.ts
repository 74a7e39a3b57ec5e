// An application of a stranger: installs the tarball, is type-checked with the library's own typings, and runs.
import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { GuardHealthIndicator, openTelemetryMetrics, prometheusMetrics } from 'nestapi-guard';
import { guardedRequest, TestStateStore } from 'nestapi-guard/testing';
import { AppModule } from './app.module.js';

async function main(): Promise<void> {
  for (const adapter of [new ExpressAdapter(), new FastifyAdapter()]) {
    const app = await NestFactory.create(AppModule, adapter as ExpressAdapter, { logger: ['error'] });
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).status;
    assert.equal(await status('/'), 200);
    assert.equal(await status('/', { 'user-agent': 'sqlmap/1.8' }), 403);
    assert.equal(await status('/internal'), 403);
    // Nothing optional is installed here, and nothing of it is missed.
    assert.equal(app.get(GuardHealthIndicator).report().status, 'up');
    await app.close();
  }
  assert.equal(guardedRequest({ ip: '192.0.2.7' }).ip, '192.0.2.7');
  new TestStateStore().close();
  assert.throws(() => prometheusMetrics(), /needs the package prom-client: npm install prom-client/);
  assert.throws(() => openTelemetryMetrics(), /needs the package @opentelemetry\/api/);
}

void main();
