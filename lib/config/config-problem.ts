/** One thing that is wrong with the configuration or with a decorator's arguments. */
export interface ConfigProblem {
  /** Where: a field path such as `trustedProxies[1]`, or a handler such as `CatsController.create @RateLimit`. */
  readonly path: string;
  /** The rejected value. Values of secret fields are rendered as `[redacted]`. */
  readonly value?: unknown;
  /** What is wrong, and what would be accepted. */
  readonly message: string;
  /** The known name that an unknown one most likely meant. */
  readonly suggestion?: string;
}

/** A problem relative to the field that it was found in: `path` is a suffix such as `[1]` or `.hsts.maxAge`. */
export type FieldProblem = Omit<ConfigProblem, 'path'> & { readonly path?: string };

const REDACTED = '[redacted]';
/** A URL with a password in it. */
const CREDENTIALS = /:\/\/[^\s/@]+@/;
const SECRET_FIELD = /token|password|secret|redis|apikeyauth|keys/i;

/**
 * Thrown while the application starts, when the configuration or the arguments of a decorator cannot mean anything.
 * Lists every problem at once.
 *
 * @example
 * ```ts
 * try {
 *   await NestFactory.create(AppModule, { abortOnError: false });
 * } catch (error) {
 *   if (error instanceof GuardConfigError) console.error(error.problems.map((problem) => problem.path));
 * }
 * ```
 */
export class GuardConfigError extends Error {
  readonly code: string;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[], code = 'GUARD_CONFIG_INVALID') {
    super(render(problems, code));
    this.name = 'GuardConfigError';
    this.code = code;
    // Nest prints the fields of an error that ends the start.
    this.problems = problems.map((problem) => (isSecret(problem) ? { ...problem, value: REDACTED } : problem));
  }
}

function render(problems: readonly ConfigProblem[], code: string): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const lines = problems.map((problem) => `  - ${renderProblem(problem)}`);
  return `nestapi-guard: ${count} found (${code}, see docs/errors.md#${code.toLowerCase()}):\n${lines.join('\n')}`;
}

function isSecret({ path, value }: ConfigProblem): boolean {
  if (value === undefined) return false;
  return SECRET_FIELD.test(path) || CREDENTIALS.test(renderWhole(value));
}

function renderProblem({ path, value, message, suggestion }: ConfigProblem): string {
  const secret = isSecret({ path, value, message });
  const shown = value === undefined ? '' : ` ${secret ? REDACTED : renderValue(value)}`;
  const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return `${path}:${shown} ${message}${hint}`;
}

/** A short, single-line rendering of any value. */
export function renderValue(value: unknown): string {
  const text = renderWhole(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

function renderWhole(value: unknown): string {
  if (typeof value === 'function') return `[function ${value.name || 'anonymous'}]`;
  if (value instanceof RegExp || ['bigint', 'symbol', 'number'].includes(typeof value)) return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
