import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type RunningApp, startApp } from '../../test/support/platforms';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';
import { setUpFastify } from './fastify-setup';

describe('the weather stations on Fastify', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await startApp('fastify', {
      imports: [AppModule],
      configure: (nest) => setUpFastify(nest as NestFastifyApplication),
    });
  });
  afterAll(() => app.close());

  itAnswersAsInTheReadme(__dirname, () => app.port);
});
