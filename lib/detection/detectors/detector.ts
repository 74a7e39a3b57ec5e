import { type ThreatCategory, type ValueSource } from '../detection.types';
import { type TextProfile } from '../scan/prefilter';

/** One piece of evidence. */
export interface Finding {
  readonly category: ThreatCategory;
  /** Points: 4 and more suffices alone, 6 and more is certain, less needs company in the same value. */
  readonly score: number;
  readonly reason: string;
  /** Where in the inspected text the evidence starts. */
  readonly index: number;
}

/** A value as a detector sees it: one decoded form of it, with the place it came from. */
export interface InspectedText {
  readonly text: string;
  /** `text` in lower case, folded once for all detectors. */
  readonly lower: string;
  readonly profile: TextProfile;
  readonly source: ValueSource;
  /** Lower-cased name of the parameter, header, cookie or field, without its path; empty for the URL path. */
  readonly name: string;
  /** Lower-cased path of the request without its query. */
  readonly path: string;
  /** Running text: long, many words. Code quoted in it is not an attack by itself. */
  readonly document: boolean;
  /** Whether this is the name of a field rather than its value. */
  readonly isName: boolean;
  /** Layers removed so far. */
  readonly layers: readonly string[];
}

/** Reports evidence of one kind of attack. Stateless, linear in the text, never throws. */
export interface Detector {
  readonly name: string;
  readonly category: ThreatCategory;
  /** Decides from the prefilter's bits whether `inspect` can find anything at all. */
  concerns(profile: TextProfile): boolean;
  /** The strongest evidence in the text. */
  inspect(input: InspectedText): Finding | undefined;
}

/** The stronger of two findings. */
export function stronger(first: Finding | undefined, second: Finding | undefined): Finding | undefined {
  if (!first) return second;
  if (!second) return first;
  return second.score > first.score ? second : first;
}

/** A detector that the application added at run time. */
export interface CustomDetector {
  readonly id: string;
  readonly category: ThreatCategory;
  readonly sources?: ReadonlySet<ValueSource>;
  /** Index of the match, or -1. */
  find(text: string): number;
}
