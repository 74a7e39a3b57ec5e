import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where the READMEs of the samples have their applications listen. */
const PRINTED = 'http://127.0.0.1:3000';

const ROOT = join(__dirname, '../..');

/** A line that a README asks its reader to type, and what it says the reader will see. */
export interface Typed {
  readonly command: string;
  readonly answer: string;
}

/** The lines behind `$ ` in the `console` blocks of a README, in order. */
export function transcriptOf(folder: string): Typed[] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```console\n([^]*?)^```$/gm)].flatMap(([, block]) =>
    block!
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [, command, answer] = /^((?:.*\\\n)*.*)\n([^]*)$/.exec(step)!;
        return { command: command!, answer: answer!.trimEnd() };
      }),
  );
}

/** Registers a test for every line of a README: typed into a shell, it shows what stands below it. `…` stands for anything. */
export function itAnswersAsInTheReadme(folder: string, portOf: () => number): void {
  it.each(transcriptOf(folder))('$command', async ({ command, answer }) => {
    const url = `http://127.0.0.1:${portOf()}`;
    // Whatever the status of the command: what it shows is what counts.
    const typed = `${command.replaceAll(PRINTED, url)}\ntrue`;
    const { stdout } = await run('sh', ['-c', typed], { cwd: ROOT, timeout: 30_000 });
    expect(normalized(stdout.replaceAll(url, PRINTED))).toMatch(patternOf(normalized(answer)));
  });
}

/** Names of headers are spelled differently by the platforms, and mean the same. */
function normalized(text: string): string {
  const lines = text.replaceAll('\r\n', '\n').trimEnd();
  return `${lines.replace(/^[A-Za-z-]+(?=: )/gm, (name) => name.toLowerCase())}\n`;
}

/** `…` on a line of its own stands for any number of lines, and within a line for any text. */
function patternOf(answer: string): RegExp {
  const lines = answer.split(/(?<=\n)/).map((line) => {
    if (line === '…\n') return '(?:.*\\n)*?';
    return line.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
  });
  return new RegExp(`^${lines.join('')}$`);
}
