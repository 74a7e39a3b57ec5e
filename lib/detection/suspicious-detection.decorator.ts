import { policyDecorator } from '../policy/policy-decorator';
import { type DetectionExclusions, type DetectionSensitivity, type ThreatCategory } from './detection.types';

/** How a route is inspected; what is left out is as configured. */
export interface SuspiciousDetectionOptions {
  /** Whether to inspect at all. Default true. */
  readonly enabled?: boolean;
  /** Kinds of attacks to look for. */
  readonly categories?: readonly ThreatCategory[];
  /** Names that are not inspected, on top of the configured ones. */
  readonly exclude?: DetectionExclusions;
  readonly sensitivity?: DetectionSensitivity;
}

declare module '../policy/route-policy' {
  interface RoutePolicy {
    suspiciousDetection?: SuspiciousDetectionOptions;
  }
}

/**
 * Tunes or switches off the inspection for attacks on a route: an editor posts HTML, a search takes a query language.
 *
 * @param options `enabled`, `categories`, `exclude` and `sensitivity`; an unknown category stops the boot.
 *
 * @example
 * ```ts
 * @Post('articles')
 * @SuspiciousDetection({ exclude: { bodyFields: ['html'] } })
 * publish() {
 *   return { published: true };
 * }
 * ```
 */
export const SuspiciousDetection = policyDecorator((options: SuspiciousDetectionOptions = {}) => ({
  suspiciousDetection: options,
}));
