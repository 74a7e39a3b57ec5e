import {
  type DetectionBudget,
  type DetectionExclusions,
  type DetectionSensitivity,
  THREAT_CATEGORIES,
  type ThreatCategory,
} from './detection.types';
import { NamePatterns } from './name-patterns';

/** Points that refuse a request: certain evidence only, the default, and single strong hints too. */
export const SCORE_LIMITS: Readonly<Record<DetectionSensitivity, number>> = { low: 6, default: 4, high: 3 };

/** Points from which a detection counts as a strike against the client. */
export const STRIKE_SCORE = 6;

export const DEFAULT_BUDGET: DetectionBudget = { text: 65_536, nodes: 20_000, depth: 64, time: 25 };

/** What the engine is asked to do; every field has a default. */
export interface DetectionOptions {
  readonly sensitivity?: DetectionSensitivity;
  readonly categories?: readonly ThreatCategory[];
  readonly exclude?: DetectionExclusions;
  /** Longest value that is read in depth as a whole, in characters. Default 10,000. */
  readonly maxContentLength?: number;
  /** Whether suspicious regions in the middle of longer values are read in depth. Default true. */
  readonly preserveAttackPatterns?: boolean;
  /** Obfuscation (0–1) from which it counts as evidence. Default 0.7. */
  readonly semanticThreshold?: number;
  readonly budget?: Partial<DetectionBudget>;
}

/** {@link DetectionOptions}, compiled once per route. */
export interface DetectionPolicy {
  readonly limit: number;
  readonly sensitivity: DetectionSensitivity;
  readonly categories: ReadonlySet<ThreatCategory>;
  readonly headers: NamePatterns;
  readonly params: NamePatterns;
  readonly bodyFields: NamePatterns;
  readonly cookies: NamePatterns;
  readonly maxContentLength: number;
  readonly preserveAttackPatterns: boolean;
  readonly semanticThreshold: number;
  readonly budget: DetectionBudget;
}

/** Compiles options; call it at start-up, not per request. */
export function compileDetectionPolicy(options: DetectionOptions = {}): DetectionPolicy {
  const sensitivity = options.sensitivity ?? 'default';
  return {
    limit: SCORE_LIMITS[sensitivity],
    sensitivity,
    categories: new Set(options.categories ?? THREAT_CATEGORIES),
    headers: new NamePatterns(options.exclude?.headers),
    params: new NamePatterns(options.exclude?.params),
    bodyFields: new NamePatterns(options.exclude?.bodyFields),
    cookies: new NamePatterns(options.exclude?.cookies),
    maxContentLength: options.maxContentLength ?? 10_000,
    preserveAttackPatterns: options.preserveAttackPatterns ?? true,
    semanticThreshold: options.semanticThreshold ?? 0.7,
    budget: { ...DEFAULT_BUDGET, ...options.budget },
  };
}
