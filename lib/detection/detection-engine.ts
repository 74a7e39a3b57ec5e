import { performance } from 'node:perf_hooks';
import { CleanTexts } from './clean-texts';
import { compileDetectionPolicy, type DetectionOptions, type DetectionPolicy } from './detection-policy';
import { type DetectionResult, type InspectedRequest, type ValueSource } from './detection.types';
import { DETECTORS } from './detectors/all-detectors';
import { type CustomDetector, type Detector } from './detectors/detector';
import { DetectorGate } from './detectors/detector-gate';
import { RequestWalk } from './request-walk';
import { ValueWalk } from './value-walk';
import { type MultipartPart } from './values/multipart-parts';
import { type EngineState, ValueInspector } from './value-inspector';

/** The engine: values → decoders → detectors → verdict. Synchronous, free of any platform, never throws. */
export class DetectionEngine {
  readonly policy: DetectionPolicy;
  private readonly caches = new WeakMap<DetectionPolicy, CleanTexts>();
  private state: EngineState;

  constructor(
    options: DetectionOptions = {},
    clock: () => number = () => performance.now(),
    detectors: readonly Detector[] = DETECTORS,
  ) {
    this.policy = compileDetectionPolicy(options);
    this.state = { custom: [], gate: new DetectorGate(detectors), clock };
  }

  /** Replaces the application's own patterns. */
  setCustomDetectors(custom: readonly CustomDetector[]): void {
    this.state = { ...this.state, custom };
    this.caches.delete(this.policy);
  }

  /** Inspects a whole request under `policy`, by default the engine's own. */
  inspect(request: InspectedRequest, policy: DetectionPolicy = this.policy): DetectionResult {
    const inspector = new ValueInspector(policy, this.state, pathOf(request));
    new RequestWalk(inspector, this.cleanTexts(policy)).request(request);
    return verdict(inspector);
  }

  /** Inspects one value, a string or a structure, as if it had come from `source`. */
  inspectValue(value: unknown, source: ValueSource = 'body', policy: DetectionPolicy = this.policy): DetectionResult {
    const inspector = new ValueInspector(policy, this.state, '');
    const walk = new ValueWalk(inspector, this.cleanTexts(policy));
    const place = { parent: undefined, key: source };
    if (typeof value === 'string') walk.string(source, place, '', value);
    else if (typeof value === 'object' && value !== null) walk.structure(source, place, value);
    return verdict(inspector);
  }

  /** Inspects the parts of a body that is still arriving, all within one budget. */
  openBody(path: string, policy: DetectionPolicy): (part: MultipartPart) => DetectionResult {
    const inspector = new ValueInspector(policy, this.state, path.toLowerCase());
    const walk = new ValueWalk(inspector, this.cleanTexts(policy));
    return (part) => {
      inspector.resume();
      if (inspector.visit()) walk.part(part);
      return verdict(inspector);
    };
  }

  private cleanTexts(policy: DetectionPolicy): CleanTexts {
    let cache = this.caches.get(policy);
    if (!cache) {
      cache = new CleanTexts();
      this.caches.set(policy, cache);
    }
    return cache;
  }
}

function verdict(inspector: ValueInspector): DetectionResult {
  const { score, threats, truncated, policy } = inspector;
  const suspicious = score >= policy.limit;
  return truncated.length > 0 ? { suspicious, score, threats, truncated } : { suspicious, score, threats };
}

function pathOf({ path }: InspectedRequest): string {
  const mark = path.indexOf('?');
  return (mark < 0 ? path : path.slice(0, mark)).toLowerCase();
}
