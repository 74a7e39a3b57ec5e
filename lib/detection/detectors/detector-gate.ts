import { type TextProfile } from '../scan/prefilter';
import { type Detector } from './detector';

const CAPACITY = 4096;
const HINT_RANGE = 65_536;
const NONE: readonly Detector[] = [];

/**
 * Which detectors a profile concerns. An API's values have few distinct profiles, so the answer is remembered by
 * profile; bounded, and started anew when full.
 */
export class DetectorGate {
  private readonly remembered = new Map<number, readonly Detector[]>();

  constructor(private readonly detectors: readonly Detector[]) {}

  concerned(profile: TextProfile): readonly Detector[] {
    const key = profile.classes * HINT_RANGE + profile.hints;
    const known = this.remembered.get(key);
    if (known) return known;
    const concerned = this.detectors.filter((detector) => detector.concerns(profile));
    const answer = concerned.length === 0 ? NONE : concerned;
    if (this.remembered.size >= CAPACITY) this.remembered.clear();
    this.remembered.set(key, answer);
    return answer;
  }
}
