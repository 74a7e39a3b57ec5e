import type { ConfigProblem, FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { Flag, ListOf, Numeric, OneOf, Setting, Whole } from '../config/setting';
import {
  type DetectionExclusions,
  type DetectionSensitivity,
  THREAT_CATEGORIES,
  type ThreatCategory,
} from './detection.types';

declare module '../config/guard-config' {
  interface GuardConfig extends DetectionConfig {}
}

/** What requests are inspected for, and how much work that may cost. */
export class DetectionConfig {
  /** Inspect requests for attacks. Default true. */
  @Flag()
  enablePenetrationDetection = true;

  /** Seconds that vetting a custom pattern may take; a pattern that takes longer is refused. 0.1 to 10, default 2. */
  @Numeric({ min: 0.1, max: 10 })
  detectionCompilerTimeout = 2;

  /**
   * Characters of one value that are read in depth; of longer values head, tail and suspicious regions are. 1,000 to
   * 100,000, default 10,000.
   */
  @Whole({ min: 1000, max: 100_000 })
  detectionMaxContentLength = 10_000;

  /** Read suspicious regions in the middle of long values in depth, not only their ends. Default true. */
  @Flag()
  detectionPreserveAttackPatterns = true;

  /** Obfuscation, from 0 to 1, from which it counts as evidence in a value that is suspicious anyway. Default 0.7. */
  @Numeric({ min: 0, max: 1 })
  detectionSemanticThreshold = 0.7;

  /** Standard deviations by which a run of a detector has to exceed its own average to be called an anomaly. 1 to 10, default 3. */
  @Numeric({ min: 1, max: 10 })
  detectionAnomalyThreshold = 3;

  /** Seconds from which one run of a detector or pattern counts as slow. 0.01 to 1, default 0.1. */
  @Numeric({ min: 0.01, max: 1 })
  detectionSlowPatternThreshold = 0.1;

  /** Timed runs that are remembered per detector or pattern. 100 to 10,000, default 1,000. */
  @Whole({ min: 100, max: 10_000 })
  detectionMonitorHistorySize = 1000;

  /** Detectors and patterns that are followed, and custom patterns that are accepted. 100 to 5,000, default 1,000. */
  @Whole({ min: 100, max: 5000 })
  detectionMaxTrackedPatterns = 1000;

  /** Kinds of attacks to look for, at least one. Default: all. */
  @ListOf(categoryProblem, `a list of ${THREAT_CATEGORIES.join(', ')}`)
  detectionCategories: ThreatCategory[] = [...THREAT_CATEGORIES];

  /** Headers, parameters, cookies and body fields that are not inspected; `*` matches any characters. Default: none. */
  @Setting(exclusionProblems)
  detectionExclude: DetectionExclusions = {};

  /** How much evidence refuses a request: `'low'` only certain one, `'high'` also a single hint. Default `'default'`. */
  @OneOf('low', 'default', 'high')
  detectionSensitivity: DetectionSensitivity = 'default';

  /**
   * What becomes of a request that is too large to be inspected within the budget: `'refuse'` (400, without a strike) or
   * `'allow'`. Default `'refuse'`.
   */
  @OneOf('refuse', 'allow')
  detectionOverBudget: 'refuse' | 'allow' = 'refuse';

  static problems({ detectionCategories }: GuardConfig): ConfigProblem[] {
    if (detectionCategories.length > 0) return [];
    const message = 'is empty; enablePenetrationDetection: false looks for nothing';
    return [{ path: 'detectionCategories', value: detectionCategories, message }];
  }
}

export function categoryProblem(value: unknown): string | undefined {
  if (THREAT_CATEGORIES.includes(value as ThreatCategory)) return undefined;
  return `is no category; the categories are ${THREAT_CATEGORIES.join(', ')}`;
}

const EXCLUSION_FIELDS = ['headers', 'params', 'bodyFields', 'cookies'];

export function exclusionProblems(value: unknown): FieldProblem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [{ value, message: 'is not accepted; use an object such as { bodyFields: ["html"] }' }];
  }
  return Object.entries(value as Record<string, unknown>).flatMap(([field, names]) => {
    if (!EXCLUSION_FIELDS.includes(field)) {
      return [{ path: `.${field}`, message: `is not known; use ${EXCLUSION_FIELDS.join(', ')}` }];
    }
    const list: unknown[] | undefined = Array.isArray(names) ? names : undefined;
    if (list?.every((name) => typeof name === 'string' && name !== '')) return [];
    return [{ path: `.${field}`, value: names, message: 'is not accepted; use a list of names' }];
  });
}
