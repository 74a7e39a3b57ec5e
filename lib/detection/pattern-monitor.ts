import { type Detector, type Finding, type InspectedText } from './detectors/detector';
import { type TextProfile } from './scan/prefilter';

/** What `stats()` tells about a detector or a custom pattern. Times are seconds. */
export interface PatternStats {
  readonly name: string;
  readonly calls: number;
  readonly hits: number;
  /** Runs that were timed: one in sixteen. */
  readonly timed: number;
  readonly totalTime: number;
  readonly averageTime: number;
  readonly maxTime: number;
  /** Timed runs at or above `detectionSlowPatternThreshold`. */
  readonly slow: number;
  /** Timed runs further than `detectionAnomalyThreshold` standard deviations above the pattern's own average. */
  readonly anomalies: number;
}

/** Limits of a {@link PatternMonitor}. */
export interface MonitorLimits {
  /** Seconds. */
  readonly slow: number;
  /** Standard deviations. */
  readonly anomaly: number;
  readonly history: number;
  readonly tracked: number;
}

/** One run in so many is timed: reading the clock twice costs as much as a short run. */
const SAMPLE = 16;
/** Fewer runs have no meaningful deviation. */
const SETTLED = 30;

/** Calls, hits and times of one detector, in bounded memory. */
export class PatternRecord {
  calls = 0;
  hits = 0;
  private readonly history: Float64Array;
  private timed = 0;
  private totalTime = 0;
  private maxTime = 0;
  private slow = 0;
  private anomalies = 0;
  private sum = 0;
  private squares = 0;

  constructor(
    readonly name: string,
    private readonly limits: MonitorLimits,
  ) {
    this.history = new Float64Array(limits.history);
  }

  get due(): boolean {
    return this.calls % SAMPLE === 0;
  }

  /** Adds a timed run, in seconds. */
  add(seconds: number): void {
    const count = Math.min(this.timed, this.history.length);
    const mean = count === 0 ? 0 : this.sum / count;
    const deviation = count === 0 ? 0 : Math.sqrt(Math.max(0, this.squares / count - mean * mean));
    if (count >= SETTLED && deviation > 0 && seconds > mean + this.limits.anomaly * deviation) this.anomalies++;
    if (seconds >= this.limits.slow) this.slow++;
    const slot = this.timed % this.history.length;
    const forgotten = this.timed < this.history.length ? 0 : this.history[slot]!;
    this.history[slot] = seconds;
    this.sum += seconds - forgotten;
    this.squares += seconds * seconds - forgotten * forgotten;
    this.timed++;
    this.totalTime += seconds;
    if (seconds > this.maxTime) this.maxTime = seconds;
  }

  get stats(): PatternStats {
    const { name, calls, hits, timed, totalTime, maxTime, slow, anomalies } = this;
    return {
      name,
      calls,
      hits,
      timed,
      totalTime,
      averageTime: timed === 0 ? 0 : totalTime / timed,
      maxTime,
      slow,
      anomalies,
    };
  }
}

/** Follows how often detectors and patterns run, what they find and how long they take. */
export class PatternMonitor {
  private readonly records = new Map<string, PatternRecord>();

  constructor(
    private readonly limits: MonitorLimits,
    private readonly clock: () => number,
  ) {}

  /** The record of a pattern; beyond the bound on tracked patterns they share one. */
  record(name: string): PatternRecord {
    const key = this.records.has(name) || this.records.size < this.limits.tracked ? name : '(others)';
    let record = this.records.get(key);
    if (!record) {
      record = new PatternRecord(key, this.limits);
      this.records.set(key, record);
    }
    return record;
  }

  forget(name: string): void {
    this.records.delete(name);
  }

  stats(): PatternStats[] {
    return [...this.records.values()].map((record) => record.stats);
  }

  /** A detector that is followed. */
  watch(detector: Detector): Detector {
    return new WatchedDetector(detector, this.record(detector.name), this.clock);
  }

  /** Runs `find` of a custom pattern, always timed: its author is not the author of the engine. */
  time(record: PatternRecord, find: () => number): number {
    const start = this.clock();
    const index = find();
    record.calls++;
    if (index >= 0) record.hits++;
    record.add((this.clock() - start) / 1000);
    return index;
  }
}

class WatchedDetector implements Detector {
  readonly name: string;
  readonly category: Detector['category'];

  constructor(
    private readonly detector: Detector,
    private readonly record: PatternRecord,
    private readonly clock: () => number,
  ) {
    this.name = detector.name;
    this.category = detector.category;
  }

  concerns(profile: TextProfile): boolean {
    return this.detector.concerns(profile);
  }

  inspect(input: InspectedText): Finding | undefined {
    const { record } = this;
    const timed = record.due;
    record.calls++;
    const start = timed ? this.clock() : 0;
    const finding = this.detector.inspect(input);
    if (timed) record.add((this.clock() - start) / 1000);
    if (finding) record.hits++;
    return finding;
  }
}
