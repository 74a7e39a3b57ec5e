import { decodedForms, mayDecode } from './decoding/decoded-forms';
import { type DetectionPolicy } from './detection-policy';
import { type Threat, type TruncationReason, type ValueSource } from './detection.types';
import { type DetectorGate } from './detectors/detector-gate';
import { type CustomDetector, type Finding } from './detectors/detector';
import { InspectedValue, type Place, spellPlace } from './inspected-value';
import { CharacterClass } from './scan/character-classes';
import { Hint, scan, TextProfile } from './scan/prefilter';
import { judgeObfuscation } from './semantic-layer';
import { excerptOf } from './threat-excerpt';
import { isRunningText, withoutQuotedCode } from './values/running-text';

/** Classes that no attack needs and that decoders do not care about. */
const HARMLESS =
  CharacterClass.digit |
  CharacterClass.blank |
  CharacterClass.underscore |
  CharacterClass.dash |
  CharacterClass.at |
  CharacterClass.mark;
/** A slice between two looks at the clock takes well under this; what is longer was a pause of the collector or of another process. */
const LONGEST_SLICE = 2;
/** Work between two looks at the clock: four values, or four thousand characters in depth. */
const SLICE = 64;
const BLOCK = 4096;
/** Detectors search this much at once. */
const WINDOW = 16_384;
const OVERLAP = 256;

/** What the engine shares with the inspection of one request. */
export interface EngineState {
  readonly custom: readonly CustomDetector[];
  readonly gate: DetectorGate;
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number;
}

/** Looks at one text after the other, within the budgets of one request, and collects threats. */
export class ValueInspector {
  readonly threats: Threat[] = [];
  readonly truncated: TruncationReason[] = [];
  /** Score of the worst value so far. */
  score = 0;
  private deepText = 0;
  private nodes = 0;
  private outerLayers: readonly string[] = [];
  private sinceClock = 0;
  private spent = 0;
  private sliceStart: number;
  private readonly profile = new TextProfile();

  constructor(
    readonly policy: DetectionPolicy,
    private readonly engine: EngineState,
    /** Lower-cased path of the request, for detectors that weigh it. */
    private readonly requestPath: string,
  ) {
    this.sliceStart = engine.clock();
  }

  /** Characters that detectors or decoders have looked at. */
  get searched(): number {
    return this.deepText;
  }

  /** Whether a budget is spent and the walk should stop. */
  get exhausted(): boolean {
    return this.truncated.length > 0;
  }

  /** Runs `walk` for values found inside a decoded one; their threats name the layer. */
  within(layer: string, walk: () => void): void {
    const outer = this.outerLayers;
    this.outerLayers = [...outer, layer];
    walk();
    this.outerLayers = outer;
  }

  /** Continues after a pause that is not the inspector's: the next part of a body has arrived. */
  resume(): void {
    this.sliceStart = this.engine.clock();
  }

  /** Counts a value or a container; false when the inspection must end. */
  visit(depth = 0): boolean {
    if (++this.nodes > this.policy.budget.nodes) return this.truncate('nodes');
    if (depth > this.policy.budget.depth) return this.truncate('depth');
    if (++this.sinceClock >= SLICE) return this.checkClock();
    return !this.exhausted;
  }

  /**
   * Inspects a text; true when nothing at all was found in it. `only` restricts the detectors, for a document whose
   * parts are inspected separately.
   */
  text(
    source: ValueSource,
    place: Place,
    name: string,
    text: string,
    isName = false,
    only?: ReadonlySet<string>,
  ): boolean {
    if (text.length === 0) return true;
    const { profile } = this;
    scan(text, profile);
    if (
      profile.hints === 0 &&
      (profile.classes & ~HARMLESS) === 0 &&
      this.engine.custom.length === 0 &&
      !mayBeEncoded(text, profile)
    )
      return true;
    if (text.length <= Math.min(WINDOW, this.policy.maxContentLength))
      return this.deep(source, place, name, text, isName, only);
    return this.long(source, place, name, text, isName, only);
  }

  /** Head and tail in depth; of the middle what the fast scan finds unusual. */
  private long(
    source: ValueSource,
    place: Place,
    name: string,
    text: string,
    isName: boolean,
    only?: ReadonlySet<string>,
  ): boolean {
    const inspect = (start: number, end: number): boolean => {
      const part = text.slice(start, end);
      scan(part, this.profile);
      return this.deep(source, place, name, part, isName, only);
    };
    const windows = (from: number, to: number): boolean => {
      let clean = true;
      for (let start = from; start < to && !this.exhausted; start += WINDOW - OVERLAP) {
        clean = inspect(start, Math.min(to, start + WINDOW)) && clean;
      }
      return clean;
    };
    const { maxContentLength, preserveAttackPatterns } = this.policy;
    if (text.length <= maxContentLength) return windows(0, text.length);
    const half = maxContentLength >> 1;
    const end = text.length - half;
    let clean = windows(0, half);
    clean = windows(end, text.length) && clean;
    if (!preserveAttackPatterns) return clean;
    for (let start = half - OVERLAP; start < end && !this.exhausted; start += BLOCK) {
      const stop = Math.min(end + OVERLAP, start + BLOCK + OVERLAP);
      scan(text, this.profile, start, stop);
      if (this.profile.hintsAt(Hint.rare)) clean = inspect(start, stop) && clean;
    }
    return clean;
  }

  private deep(
    source: ValueSource,
    place: Place,
    name: string,
    text: string,
    isName: boolean,
    only?: ReadonlySet<string>,
  ): boolean {
    const { profile: first } = this;
    const idle = this.engine.custom.length === 0 && this.engine.gate.concerned(first).length === 0;
    if (idle && !mayDecode(text, first)) return true;
    this.deepText += text.length;
    if (this.deepText > this.policy.budget.text) return this.truncate('text');
    this.sinceClock += 16 + (text.length >> 6);
    if (this.sinceClock >= SLICE && !this.checkClock()) return false;
    const document = !isName && source !== 'path' && isRunningText(text);
    const visible = document ? withoutQuotedCode(text) : text;
    if (document) scan(visible, this.profile);
    let best: Threat[] = [];
    let bestScore = 0;
    for (const form of decodedForms(visible, this.profile)) {
      const profile = form.layers.length === 0 ? this.profile : new TextProfile();
      if (form.layers.length > 0) scan(form.text, profile);
      const value = new InspectedValue(
        form.text,
        profile,
        source,
        name,
        this.requestPath,
        isName,
        document,
        form.layers,
      );
      const found = this.run(value, place, only);
      const score = this.combine(found, value);
      if (score > bestScore) {
        bestScore = score;
        best = found.map(({ detector, finding }) => this.threat(detector, finding, value, place, score));
        if (score >= 8) break;
      }
    }
    if (bestScore > this.score) this.score = bestScore;
    if (best.length > 0 && this.threats.length < 100) this.threats.push(...best);
    return best.length === 0;
  }

  private run(value: InspectedValue, place: Place, only?: ReadonlySet<string>): Evidence[] {
    const found: Evidence[] = [];
    for (const detector of this.engine.gate.concerned(value.profile)) {
      if (!this.policy.categories.has(detector.category) || (only && !only.has(detector.name))) continue;
      const finding = detector.inspect(value);
      if (finding && finding.score > 0) found.push({ detector: detector.name, finding });
    }
    for (const custom of this.engine.custom) {
      if (!this.policy.categories.has(custom.category) || (custom.sources && !custom.sources.has(value.source)))
        continue;
      const index = custom.find(value.text);
      if (index >= 0)
        found.push({
          detector: `custom:${custom.id}`,
          finding: { category: custom.category, score: 6, reason: 'custom pattern', index },
        });
    }
    return found;
  }

  /** The strongest evidence counts in full, every further kind a third, obfuscation on top. */
  private combine(found: readonly Evidence[], value: InspectedValue): number {
    if (found.length === 0) return 0;
    let strongest = 0;
    let sum = 0;
    for (const { finding } of found) {
      sum += finding.score;
      if (finding.score > strongest) strongest = finding.score;
    }
    let score = strongest + (sum - strongest) / 3;
    if (strongest >= 2 && !value.document) {
      const obfuscation = judgeObfuscation(value);
      if (obfuscation >= this.policy.semanticThreshold) score += 2 * obfuscation;
    }
    return Math.round(score * 100) / 100;
  }

  private threat(detector: string, finding: Finding, value: InspectedValue, place: Place, score: number): Threat {
    return {
      category: finding.category,
      detector,
      source: value.source,
      path: spellPlace(place),
      excerpt: excerptOf(value.text, finding.index),
      decoded: this.outerLayers.length > 0 ? [...this.outerLayers, ...value.layers] : value.layers,
      score: Math.max(finding.score, finding.score >= 3 ? Math.min(score, finding.score + 3) : 0),
      reason: finding.reason,
    };
  }

  /** A file name with a script extension of another server, or with a directory in it. */
  filename(place: Place, filename: string): void {
    if (!this.policy.categories.has('file_inclusion')) return;
    const script =
      /\.(?:php\d?|phtml|pht|phps|phar|jsp[xf]?|jhtml|jsw|jsv|aspx?|as[chm]x|asa|cer|cfml?|cfc|dbm|cgi|fcgi|pl|shtml?|stm|htaccess|user\.ini)(?:$|[.;:/\0%\s])/i.test(
        filename.slice(0, 300),
      );
    if (!script) return;
    const finding: Finding = { category: 'file_inclusion', score: 5, reason: 'server script as an upload', index: 0 };
    this.score = Math.max(this.score, finding.score);
    this.threats.push({
      ...finding,
      detector: 'file-name',
      source: 'body',
      path: spellPlace(place),
      excerpt: excerptOf(filename, 0),
      decoded: [],
    });
  }

  private checkClock(): boolean {
    this.sinceClock = 0;
    const now = this.engine.clock();
    this.spent += Math.min(now - this.sliceStart, LONGEST_SLICE);
    this.sliceStart = now;
    return this.spent > this.policy.budget.time ? this.truncate('time') : !this.exhausted;
  }

  truncate(reason: TruncationReason): false {
    if (!this.truncated.includes(reason)) this.truncated.push(reason);
    return false;
  }
}

interface Evidence {
  readonly detector: string;
  readonly finding: Finding;
}

/** Long words may be base64; the decoder's own test is cheap but not free. */
function mayBeEncoded(text: string, profile: TextProfile): boolean {
  return text.length >= 12 && !profile.has(CharacterClass.blank);
}
