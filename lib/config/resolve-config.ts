import { validateSync } from 'class-validator';
import { type ConfigProblem, GuardConfigError } from './config-problem';
import type { ConfigSection, ConfigWarning } from './config-section';
import { GuardConfig } from './guard-config';
import { nearestName } from './nearest-name';
import { fieldsOf, inspectionOf } from './setting';
import { readTexts } from './text-values';

/**
 * Turns what the developer wrote into a complete configuration.
 *
 * @throws GuardConfigError listing every unknown key, every rejected value and every impossible combination.
 */
export function resolveConfig(sections: readonly ConfigSection[], input: unknown): GuardConfig {
  if (input !== undefined && (typeof input !== 'object' || input === null || Array.isArray(input))) {
    throw new GuardConfigError([{ path: 'config', value: input, message: 'is not a configuration object' }]);
  }
  const given = (input ?? {}) as Record<string, unknown>;
  const config = new GuardConfig();
  const problems = unknownFields(sections, given);
  for (const Section of sections) problems.push(...readSection(Section, given, config));
  const unsound = new Set(problems.map(({ path }) => fieldOf(path)));
  for (const Section of sections) problems.push(...combinedProblems(Section, config, unsound));
  if (problems.length > 0) throw new GuardConfigError(problems);
  return config;
}

/** What is wrong between fields: it only makes sense once each field that is looked at is sound by itself. */
function combinedProblems(Section: ConfigSection, config: GuardConfig, unsound: ReadonlySet<string>): ConfigProblem[] {
  if (Section.problems === undefined) return [];
  let sound = true;
  const looked = new Proxy(config, {
    get(target, field) {
      if (unsound.has(String(field))) sound = false;
      return Reflect.get(target, field) as unknown;
    },
  });
  try {
    const found = Section.problems(looked);
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
