import type { FieldProblem } from '../config/config-problem';
import { compilePattern, type LinearPattern, PatternError } from '../patterns/linear-pattern';
import { inTime, isThenable } from '../policy/in-time';
import { OptionReport } from './option-report';
import type { CorsOptions, CorsOrigin, CorsOriginFunction } from './cors.options';

/** A serialised origin (RFC 6454 §6.2) of any scheme; a doubled header, a path or user information is none. */
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^\s,/\\?#@]+$/;

// A scheme, a host name of 253 characters and a port fit; nothing a browser sends is longer.
const MAX_ORIGIN_LENGTH = 320;

/** Milliseconds that an origin function has to answer: every request of a browser waits for it. */
const PATIENCE = 5000;

/** Which origins are admitted. */
export interface OriginRule {
  /** `'*'` was listed: the answer is the same for everyone. */
  readonly any: boolean;
  readonly listed: ReadonlySet<string>;
  /** Asks the patterns and functions about an origin that is not listed. */
  admits(origin: string): boolean | Promise<boolean>;
}

/** Every problem of an `allowOrigins` setting, paths relative to it. */
export function originsProblems(setting: unknown): FieldProblem[] {
  const report = new OptionReport();
  if (!Array.isArray(setting)) reportOrigin(report, '', setting);
  else setting.forEach((origin: unknown, index) => reportOrigin(report, `[${index}]`, origin));
  return report.problems;
}

/** The setting as a list. */
export function originList(setting: CorsOptions['allowOrigins'] = '*'): readonly CorsOrigin[] {
  return Array.isArray(setting) ? (setting as readonly CorsOrigin[]) : [setting as CorsOrigin];
}

/** Compiles a setting in which `originsProblems` found nothing. */
export function compileOrigins(
  setting: CorsOptions['allowOrigins'],
  onError: (error: unknown) => void = () => undefined,
): OriginRule {
  const origins = originList(setting);
  const tests = origins.flatMap((origin) => {
    if (typeof origin === 'string') return [];
    if (typeof origin === 'function') return [guarded(origin, onError)];
    const pattern = wholeOrigin(origin);
    return [(text: string) => pattern.test(text)];
  });
  return {
    any: origins.includes('*'),
    listed: new Set(origins.filter((origin) => typeof origin === 'string' && origin !== '*') as string[]),
    admits: (origin) =>
      tests.length > 0 && origin.length <= MAX_ORIGIN_LENGTH && ORIGIN.test(origin) && anyAdmits(tests, origin, 0),
  };
}

function anyAdmits(tests: readonly CorsOriginFunction[], origin: string, from: number): boolean | Promise<boolean> {
  for (let index = from; index < tests.length; index++) {
    const admitted = tests[index]!(origin);
    if (admitted === true) return true;
    if (typeof admitted === 'object') return admitted.then((yes) => yes || anyAdmits(tests, origin, index + 1));
  }
  return false;
}

/** An origin function whose errors deny and whose answers are exactly true or false. */
function guarded(decide: CorsOriginFunction, onError: (error: unknown) => void): CorsOriginFunction {
  const denied = (error: unknown): false => {
    onError(error);
    return false;
  };
  return (origin) => {
    try {
      const answer: unknown = decide(origin);
      if (!isThenable(answer)) return answer === true;
      return inTime(answer, PATIENCE).then((settled) => settled === true, denied);
    } catch (error) {
      return denied(error);
    }
  };
}

// Vetting takes tens of milliseconds and the same pattern is validated and compiled.
const vetted = new WeakMap<RegExp, LinearPattern>();

/** @throws PatternError when the pattern could keep the process busy. */
function wholeOrigin(pattern: RegExp): LinearPattern {
  const known = vetted.get(pattern);
  if (known) return known;
  // `^a|b$` anchors neither alternative, hence the group.
  const whole = new RegExp(`^(?:${pattern.source})$`, pattern.flags.replace(/[gym]/g, ''));
  const compiled = compilePattern(whole, { maxLength: MAX_ORIGIN_LENGTH });
  vetted.set(pattern, compiled);
  return compiled;
}

function reportOrigin(report: OptionReport, path: string, origin: unknown): void {
  if (typeof origin === 'function' || origin === '*' || origin === 'null') return;
  if (origin instanceof RegExp) return reportPattern(report, path, origin);
  if (typeof origin !== 'string') return report.add(path, origin, "must be '*', an origin, a RegExp or a function");
  if (origin.includes('*')) {
    const suggestion = `/^${origin.replace(/[\\/.+?^$()[\]{}|]/g, '\\$&').replace(/\*/g, '[a-z0-9-]+')}$/`;
    return report.add(path, origin, 'is compared exactly; a placeholder needs a RegExp', suggestion);
  }
  const serialised = serialise(origin);
  if (serialised === origin) return;
  const message = 'is not how a browser writes an origin: scheme://host[:port], lower case, no path, no default port';
  report.add(path, origin, message, origin.includes('://') ? serialised : serialise(`https://${origin}`));
}

/** How a browser writes the origin of this URL. Schemes other than the web's have no origin in WHATWG's sense. */
function serialise(text: string): string | undefined {
  const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? parseUrl(text) : undefined;
  if (!url) return undefined;
  const serialised = url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
  // WHATWG hosts may hold a comma: two origins in one text would otherwise pass for one.
  return ORIGIN.test(serialised) ? serialised : undefined;
}

// Not URL.canParse: on Node 20.20 its optimised form says no to `https://münchen.example`.
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function reportPattern(report: OptionReport, path: string, pattern: RegExp): void {
  const { source } = pattern;
  // An escaped `\$` is a dollar sign, not an end.
  if (!source.startsWith('^') || !/(?:^|[^\\])(?:\\\\)*\$$/.test(source)) {
    const message = 'must match the whole origin, from ^ to $: without them it admits hosts that only contain it';
    return report.add(path, pattern, message);
  }
  try {
    wholeOrigin(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    report.add(path, pattern, `is refused: ${error.reason}`);
  }
}
