import { parseArgs, type ParseArgsConfig } from 'node:util';

type ParseArgsOptions = NonNullable<ParseArgsConfig['options']>;
type ParsedArguments<Options extends ParseArgsOptions> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>
>;

/** One of the things that `nestapi-guard` does on the command line. */
export interface Command {
  /** What `--help` says. */
  readonly usage: string;
  /** @returns the exit code */
  run(args: readonly string[], terminal: Terminal): Promise<number>;
}

/** Where a command writes to. */
export interface Terminal {
  readonly out: NodeJS.WritableStream;
  readonly err: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** The process succeeded, found what it was told to fail on, or could not do what it was asked for. */
export const EXIT = { ok: 0, found: 1, failed: 2 } as const;

/** What the user can put right: printed as one message without a stack trace, with exit code 2. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * @param positionals names of the arguments without a dash
 * @throws CommandError for unknown options, and for missing or superfluous arguments
 */
export function readArguments<Options extends ParseArgsOptions>(
  args: readonly string[],
  options: Options,
  positionals: readonly string[],
): ParsedArguments<Options> {
  const parsed = parse(args, options);
  const missing = positionals[parsed.positionals.length];
  if (missing !== undefined) throw new CommandError(`<${missing}> is missing`);
  const superfluous = parsed.positionals[positionals.length];
  if (superfluous !== undefined) {
    throw new CommandError(`${JSON.stringify(superfluous)} is one argument too many; quote what contains spaces`);
  }
  return parsed;
}

function parse<Options extends ParseArgsOptions>(args: readonly string[], options: Options): ParsedArguments<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/** @throws CommandError naming the accepted values */
export function oneOf<Value extends string>(option: string, given: string, accepted: readonly Value[]): Value {
  const found = accepted.find((value) => value === given);
  if (found === undefined) {
    throw new CommandError(`${option} ${JSON.stringify(given)} is not accepted; use ${accepted.join(', ')}`);
  }
  return found;
}
