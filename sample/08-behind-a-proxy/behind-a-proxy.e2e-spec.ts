import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORMS, type RunningApp, startApp } from '../../test/support/platforms';
import { RealProxy } from '../../test/support/real-proxies';
import { itAnswersAsInTheReadme } from '../../test/support/transcript';
import { AppModule } from './app.module';

describe.each(PLATFORMS)('the newspaper on %s behind nginx', (platform) => {
  let app: RunningApp;
  let nginx: RealProxy;
  beforeAll(async () => {
    app = await startApp(platform, { imports: [AppModule] });
    const server = readFileSync(join(__dirname, 'nginx.conf'), 'utf8');
    nginx = await RealProxy.nginx(server.replace('127.0.0.1:3001', `127.0.0.1:${app.port}`));
  });
  afterAll(async () => {
    await nginx.stop();
    await app.close();
  });

  itAnswersAsInTheReadme(__dirname, () => nginx.port);
});
