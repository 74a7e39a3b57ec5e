import { performance } from 'node:perf_hooks';
import { compilePattern, PatternError } from '../patterns/linear-pattern';
import { THREAT_CATEGORIES, type ThreatCategory, type ValueSource } from './detection.types';
import { type PatternMonitor } from './pattern-monitor';
import { type CustomDetector } from './detectors/detector';

/** What a custom pattern looks for, and where. */
export interface PatternOptions {
  /** How a match is reported. Default `code_injection`. */
  readonly category?: ThreatCategory;
  /** The parts of a request it is looked for in. Default: all. */
  readonly sources?: readonly ValueSource[];
}

/** A pattern of the application, as `patterns()` lists it. */
export interface CustomPattern extends PatternOptions {
  /** A text is searched for without regard to case; an expression as written. */
  readonly pattern: string | RegExp;
}

/** A pattern in the form that travels between instances. */
export interface PatternRecipe {
  readonly text: string;
  /** Flags of an expression; absent for a text. */
  readonly flags?: string;
  readonly category: ThreatCategory;
  readonly sources?: readonly ValueSource[];
}

/** Characters of a value that a custom pattern is searched in; a longer value is read in windows of this size anyway. */
const LONGEST_TEXT = 2048;

/** The application's own patterns: vetted to be linear, bounded in number. */
export class CustomPatterns {
  private readonly entries = new Map<string, { recipe: PatternRecipe; detector: CustomDetector }>();

  constructor(
    private readonly monitor: PatternMonitor,
    private readonly limits: { readonly tracked: number; readonly compilerTimeout: number },
  ) {}

  get detectors(): CustomDetector[] {
    return [...this.entries.values()].map(({ detector }) => detector);
  }

  get list(): CustomPattern[] {
    return [...this.entries.values()].map(({ recipe: { text, flags, category, sources } }) => ({
      pattern: flags === undefined ? text : new RegExp(text, flags),
      category,
      ...(sources === undefined ? {} : { sources }),
    }));
  }

  /** @throws PatternError for a pattern that is not linear, takes too long to vet, or is one too many. */
  add(recipe: PatternRecipe): string {
    const key = keyOf(recipe);
    if (!this.entries.has(key) && this.entries.size >= this.limits.tracked) {
      throw new PatternError(key, `there are ${this.limits.tracked} patterns already (detectionMaxTrackedPatterns)`);
    }
    if (!THREAT_CATEGORIES.includes(recipe.category))
      throw new PatternError(key, `${String(recipe.category)} is no category`);
    const start = performance.now();
    const compiled = compilePattern(patternOf(recipe), { maxLength: LONGEST_TEXT });
    if (performance.now() - start > this.limits.compilerTimeout * 1000) {
      throw new PatternError(
        key,
        `vetting it took longer than ${this.limits.compilerTimeout} s (detectionCompilerTimeout)`,
      );
    }
    const record = this.monitor.record(`custom:${key}`);
    const detector: CustomDetector = {
      id: key,
      category: recipe.category,
      ...(recipe.sources === undefined ? {} : { sources: new Set(recipe.sources) }),
      find: (text) => this.monitor.time(record, () => (anyWindow(text, compiled.test) ? 0 : -1)),
    };
    this.entries.set(key, { recipe, detector });
    return key;
  }

  remove(key: string): boolean {
    this.monitor.forget(`custom:${key}`);
    return this.entries.delete(key);
  }
}

/** The identity of a pattern: how a developer would write it. */
export function keyOf({ text, flags }: Pick<PatternRecipe, 'text' | 'flags'>): string {
  return flags === undefined ? JSON.stringify(text) : `/${text}/${flags}`;
}

export function recipeOf(
  pattern: string | RegExp,
  { category = 'code_injection', sources }: PatternOptions = {},
): PatternRecipe {
  const written = typeof pattern === 'string' ? { text: pattern } : { text: pattern.source, flags: pattern.flags };
  return { ...written, category, ...(sources === undefined ? {} : { sources }) };
}

function patternOf({ text, flags }: PatternRecipe): string | RegExp {
  return flags === undefined ? text : new RegExp(text, flags);
}

/** Overlapping windows, so that a match at a boundary is not lost. */
function anyWindow(text: string, test: (window: string) => boolean): boolean {
  if (text.length <= LONGEST_TEXT) return test(text);
  for (let start = 0; start < text.length; start += LONGEST_TEXT / 2) {
    if (test(text.slice(start, start + LONGEST_TEXT))) return true;
  }
  return false;
}
