#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GuardConfigError } from '../config/config-problem';
import { type Command, CommandError, EXIT, type Terminal } from './command';

// Loaded when they are asked for: only some of them need Nest.
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  policies: async () => (await import('./policies.command.js')).policiesCommand,
  explain: async () => (await import('./explain.command.js')).explainCommand,
  replay: async () => (await import('./replay.command.js')).replayCommand,
};

const USAGE = `nestapi-guard <command> [options]

  policies   what protects each route of an application, and where each rule comes from
  explain    how detection decodes and judges a value
  replay     what a policy would have refused of recorded traffic

nestapi-guard <command> --help tells more, nestapi-guard --version which version this is.
`;

async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.out.write(USAGE);
    return name === undefined ? EXIT.failed : EXIT.ok;
  }
  if (name === '--version' || name === '-v') {
    terminal.out.write(`${packageVersion()}\n`);
    return EXIT.ok;
  }
  if (!Object.hasOwn(COMMANDS, name)) {
    terminal.err.write(`nestapi-guard: ${JSON.stringify(name)} is no command\n\n${USAGE}`);
    return EXIT.failed;
  }
  const command = await COMMANDS[name]!();
  const options = rest.slice(0, rest.includes('--') ? rest.indexOf('--') : undefined);
  if (options.includes('--help') || options.includes('-h')) {
    terminal.out.write(command.usage);
    return EXIT.ok;
  }
  try {
    return await command.run(rest, terminal);
  } catch (error) {
    terminal.err.write(`nestapi-guard ${name}: ${messageOf(error)}\n`);
    return EXIT.failed;
  }
}

function packageVersion(): string {
  const manifest = readFileSync(join(__dirname, '../../package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Only a defect of the application or of this program deserves a stack trace. */
function messageOf(error: unknown): string {
  if (error instanceof CommandError || error instanceof GuardConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

// What is still written when a pipe's reader has gone (`| head`) is of no interest to anybody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed);
});

void main(process.argv.slice(2), { out: process.stdout, err: process.stderr }).then((code) => {
  // An application's module may have opened timers or connections when it was loaded: nobody waits for those.
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
});
