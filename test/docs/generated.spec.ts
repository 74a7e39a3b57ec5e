import { spawnSync } from 'node:child_process';
import { root } from './code-block';

describe('what is generated of the documentation', () => {
  it('is as its sources are', () => {
    const { stderr, status } = spawnSync(process.execPath, ['scripts/generate-docs.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });
});
