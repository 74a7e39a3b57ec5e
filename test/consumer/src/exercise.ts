import 'reflect-metadata';
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import { GuardHealthIndicator, openTelemetryMetrics, prometheusMetrics } from 'nestapi-guard';
import { guardedRequest, TestStateStore } from 'nestapi-guard/testing';
import { AppModule, BooksController } from './app.module';

/** Starts the application, sends it what it must serve and what it must refuse, and stops it. */
export async function exercise(adapter: AbstractHttpAdapter): Promise<void> {
  const app = await NestFactory.create(AppModule, adapter, { logger: false });
  await app.listen(0, '127.0.0.1');
  try {
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    await exchange(`http://127.0.0.1:${port}`);
    // Nothing optional is installed here, and nothing of it is missed.
    assert.equal(app.get(GuardHealthIndicator).report().status, 'up');
  } finally {
    await app.close();
  }
}

async function exchange(origin: string): Promise<void> {
  const send = (path: string, from: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    fetch(origin + path, { ...init, headers: { 'x-forwarded-for': from, ...init.headers } });
  const status = async (...args: Parameters<typeof send>) => (await send(...args)).status;

  const answer = await send('/books', '203.0.113.1');
  assert.equal(await answer.text(), '{"ip":"203.0.113.1","titles":["A Pattern Language"],"banned":false}');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');

  assert.equal(await status('/books', '203.0.113.1', { headers: { 'user-agent': 'sqlmap/1.8' } }), 403);
  assert.equal(await status('/books', '203.0.113.1', { headers: { 'x-title': 'Other' } }), 400);
  assert.equal(await status('/books/stock', '203.0.113.1'), 403);
  assert.equal(await status('/books/stock', '10.1.2.3'), 200);

  const orders = [];
  for (let order = 0; order < 3; order++) orders.push(await status('/books', '203.0.113.2', { method: 'POST' }));
  assert.deepEqual(orders, [201, 201, 429]);

  const attack = `/books?q=${encodeURIComponent("1' UNION SELECT password FROM users--")}`;
  assert.deepEqual([await status(attack, '203.0.113.3'), await status(attack, '203.0.113.3')], [400, 403]);
  assert.equal(await status('/books', '203.0.113.3'), 403, 'the client is banned');
  assert.equal(await status('/books', '203.0.113.4'), 200, 'others are not');
}

/** What needs no server. */
export function exerciseTools(): void {
  assert.equal(guardedRequest({ ip: '192.0.2.7' }).ip, '192.0.2.7');
  new TestStateStore().close();
  assert.throws(() => prometheusMetrics(), /needs the package prom-client: npm install prom-client/);
  assert.throws(() => openTelemetryMetrics(), /needs the package @opentelemetry\/api/);
}

/** Whether the compiler wrote down the types of constructor parameters must be as the documentation says. */
export function hasDecoratorMetadata(): boolean {
  return Reflect.hasMetadata('design:paramtypes', BooksController);
}
