import { validateSync } from 'class-validator';
import { type ConfigProblem, GuardConfigError } from './config-problem';
import type { ConfigSection, ConfigWarning } from './config-section';
import { GuardConfig } from './guard-config';
import { nearestName } from './nearest-name';
import { fieldsOf, inspectionOf } from './setting';
import { readTexts } from './text-values';

/** Asks a rule about a configuration. It finds nothing when it looks at a field that is not sound by itself. */
export type ConfigJudge = <Problem>(rule: (config: GuardConfig) => Problem[]) => Problem[];

/** What the developer wrote, complete, with everything that is wrong with it. */
export interface ConfigReading {
  /** To be used if there are no problems. */
  readonly config: GuardConfig;
  readonly problems: readonly ConfigProblem[];
  readonly judge: ConfigJudge;
}

/**
 * Turns what the developer wrote into a complete configuration.
 *
 * @throws GuardConfigError listing every unknown key, every rejected value and every impossible combination.
 */
export function resolveConfig(sections: readonly ConfigSection[], input: unknown): GuardConfig {
  const { config, problems } = readConfig(sections, input);
  if (problems.length > 0) throw new GuardConfigError(problems);
  return config;
}

/** The same for whoever has more to say about it before the application is told. */
export function readConfig(sections: readonly ConfigSection[], input: unknown): ConfigReading {
  const config = new GuardConfig();
  if (input !== undefined && (typeof input !== 'object' || input === null || Array.isArray(input))) {
    const problem = { path: 'config', value: input, message: 'is not a configuration object' };
    return { config, problems: [problem], judge: () => [] };
  }
  const given = (input ?? {}) as Record<string, unknown>;
  const problems = unknownFields(sections, given);
  for (const Section of sections) problems.push(...readSection(Section, given, config));
  // A misspelt field is the one that was meant, which only looks as if it had its default.
  const unsound = new Set(problems.flatMap(({ path, suggestion = path }) => [fieldOf(path), suggestion]));
  const judge: ConfigJudge = (rule) => judgeSound(rule, config, unsound);
  for (const section of sections) problems.push(...judge((whole) => section.problems?.(whole) ?? []));
  return { config, problems, judge };
}

/** What is wrong between fields: it only makes sense once each field that is looked at is sound by itself. */
function judgeSound<Problem>(
  rule: (config: GuardConfig) => Problem[],
  config: GuardConfig,
  unsound: ReadonlySet<string>,
): Problem[] {
  let sound = true;
  const looked = new Proxy(config, {
    get(target, field) {
      if (unsound.has(String(field))) sound = false;
      return Reflect.get(target, field) as unknown;
    },
  });
  try {
    const found = rule(looked);
    return sound ? found : [];
  } catch (error) {
    // A value of another type than declared.
    if (sound) throw error;
    return [];
  }
}

/** `trustedProxies` of `trustedProxies[1]`. */
function fieldOf(path: string): string {
  return /^[^.[]*/.exec(path)![0];
}

export function configWarnings(sections: readonly ConfigSection[], config: GuardConfig): ConfigWarning[] {
  return sections.flatMap((section) => section.warnings?.(config) ?? []);
}

function unknownFields(sections: readonly ConfigSection[], given: Record<string, unknown>): ConfigProblem[] {
  const known = new Set(sections.flatMap(fieldsOf));
  return Object.keys(given)
    .filter((key) => !known.has(key))
    .map((key) => ({ path: key, message: 'is not a known field', suggestion: nearestName(key, known) }));
}

function readSection(Section: ConfigSection, given: Record<string, unknown>, config: GuardConfig): ConfigProblem[] {
  const section = new Section() as Record<string, unknown>;
  for (const field of fieldsOf(Section)) {
    if (!Object.hasOwn(given, field) || given[field] === undefined) continue;
    section[field] = readTexts(given[field], section[field], inspectionOf(section, field)!);
  }
  Object.assign(config, section);
  return validateSync(section, { forbidUnknownValues: false }).flatMap(({ property, value }) => {
    const found = inspectionOf(section, property)?.(value) ?? [];
    return found.map((problem) => ({ ...problem, path: property + (problem.path ?? '') }));
  });
}
