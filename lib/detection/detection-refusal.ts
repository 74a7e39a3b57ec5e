import type { Refusal } from '../policy/refusal';
import { type DetectionResult, type Threat } from './detection.types';

/** Threats named in an event; the first says what happened, the rest is for the curious. */
const REPORTED = 5;

/** The refusal of an attack. */
export function refusalOf(result: DetectionResult): Refusal {
  const { category } = worstOf(result.threats);
  return {
    status: 400,
    message: 'Bad request',
    check: 'penetration',
    reason: category,
    incident: 'threat',
    evidence: evidenceOf(result),
  };
}

/** The threat with the most evidence. */
export function worstOf(threats: readonly Threat[]): Threat {
  return threats.reduce((worst, threat) => (threat.score > worst.score ? threat : worst));
}

/** The refusal of what is too large to be inspected. */
export function tooMuch({ truncated = [] }: DetectionResult): Refusal {
  return {
    status: 400,
    message: 'Bad request',
    check: 'penetration',
    reason: 'inspection budget',
    code: 'GUARD_INSPECTION_BUDGET',
    evidence: { truncated },
  };
}

function evidenceOf({ score, threats }: DetectionResult): Readonly<Record<string, unknown>> {
  return {
    score,
    threats: threats.slice(0, REPORTED).map(({ category, detector, path, excerpt, decoded, reason }) => ({
      category,
      detector,
      path,
      excerpt,
      decoded,
      reason,
    })),
  };
}
