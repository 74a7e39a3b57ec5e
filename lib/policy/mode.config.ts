import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { Flag, Setting } from '../config/setting';
import { CHECK_NAMES, type CheckMode, type CheckName } from './check-name';

declare module '../config/guard-config' {
  interface GuardConfig extends ModeConfig {}
}

const MODES = ['enforce', 'dry-run', 'off'];

/** How much the module enforces. */
export class ModeConfig {
  /** Refuse and ban nothing; count, log and report what would have happened. Default false. */
  @Flag()
  passiveMode = false;

  /** The mode of single checks: `'enforce'` (the default of each), `'dry-run'` (only report) or `'off'`. */
  @Setting(checkModeProblems)
  checkModes: Partial<Record<CheckName, CheckMode>> = {};

  /** Refuse with 500 when a check throws; false lets the request pass. Both are logged. Default true. */
  @Flag()
  failSecure = true;
}

function checkModeProblems(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ value, message: 'is not accepted; use an object such as { rate_limit: "dry-run" }' }];
  }
  return Object.entries(value as Record<string, unknown>).flatMap(([check, mode]) => [
    ...unknownCheck(check, `.${check}`),
    ...(MODES.includes(mode as string)
      ? []
      : [{ path: `.${check}`, value: mode, message: 'is not accepted; use "enforce", "dry-run" or "off"' }]),
  ]);
}

export function unknownCheck(name: unknown, path: string): FieldProblem[] {
  if (CHECK_NAMES.includes(name as CheckName)) return [];
  const message = `is not a check; the checks are ${CHECK_NAMES.join(', ')}`;
  return [{ path, value: name, message, suggestion: nearestName(String(name), CHECK_NAMES) }];
}
