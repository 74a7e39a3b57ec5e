import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

async function start(decorated: boolean, without: boolean): Promise<unknown> {
  const preload = join(__dirname, '../support/typescript.cjs');
  const worker = join(__dirname, 'application.worker.ts');
  const args = ['-r', preload, worker, decorated ? 'yes' : 'no', without ? 'yes' : 'no'];
  const { stdout } = await run(process.execPath, args, { timeout: 60_000 });
  return JSON.parse(stdout);
}

describe('@nestjs/swagger', () => {
  it('is loaded where decorators have something to document', async () => {
    expect(await start(true, false)).toEqual({ loaded: true });
  }, 90_000);

  it('is not loaded where they have nothing', async () => {
    expect(await start(false, false)).toEqual({ loaded: false });
  }, 90_000);

  it('is not needed', async () => {
    expect(await start(true, true)).toEqual({ loaded: false });
  }, 90_000);
});
