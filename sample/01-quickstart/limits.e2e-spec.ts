import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { overrideGuard, TestStateStore } from 'nestapi-guard/testing';
import request from 'supertest';
import { AppModule } from './app.module';

// How the tests of an application look: its own module, and a clock that only the test moves.
describe('orders', () => {
  const store = new TestStateStore();
  let app: INestApplication;

  beforeAll(async () => {
    const builder = overrideGuard(Test.createTestingModule({ imports: [AppModule] }), { store });
    app = (await builder.compile()).createNestApplication();
    await app.init();
  });
  afterAll(() => app.close());

  const order = () => request(app.getHttpServer()).post('/orders').send({ bookId: 1 });

  it('are taken three a minute', async () => {
    for (let taken = 0; taken < 3; taken++) await order().expect(201);
    await order().expect(429).expect('Retry-After', '60');
    store.advance(60);
    await order().expect(201);
  });
});
