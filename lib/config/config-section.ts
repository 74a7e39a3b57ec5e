import type { GuardConfig } from './guard-config';

/** Something in the configuration that is accepted, yet most likely not what was meant. */
export interface ConfigWarning {
  /** `GUARD_…`: the anchor in docs/errors.md. */
  readonly code: string;
  readonly path: string;
  readonly message: string;
}

/**
 * The configuration fields of one room: a class whose initialisers are the defaults and whose property decorators
 * (`Whole`, `Flag`, `ListOf` …) are the rules.
 */
export interface ConfigSection {
  new (): object;
  /** Rules between fields that make a configuration impossible; run on the complete configuration. */
  problems?(config: GuardConfig): { path: string; value?: unknown; message: string }[];
  /** Rules between fields that make a configuration suspicious. */
  warnings?(config: GuardConfig): ConfigWarning[];
}

export const CONFIG_SECTIONS = Symbol('nestapi-guard:config-sections');
