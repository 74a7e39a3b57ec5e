import { performance } from 'node:perf_hooks';
import {
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { FrameworkRequest } from '../platform/framework-request';
import { GuardedRequest } from '../platform/guarded-request';
import { GuardedRequests } from '../platform/guarded-requests';
import { MONOTONIC_CLOCK, type MonotonicClock } from '../state/monotonic-clock';
import { Replica } from '../state/replica';
import type { StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import {
  type CustomPattern,
  CustomPatterns,
  keyOf,
  type PatternOptions,
  type PatternRecipe,
  recipeOf,
} from './custom-patterns';
import { DetectionEngine } from './detection-engine';
import { compileDetectionPolicy, type DetectionOptions, type DetectionPolicy } from './detection-policy';
import { type DetectionResult, type InspectedRequest, type ValueSource } from './detection.types';
import { DETECTORS } from './detectors/all-detectors';
import { PatternMonitor, type PatternStats } from './pattern-monitor';
import { viewOf } from './request-view';
import { type MultipartPart } from './values/multipart-parts';

const COLLECTION = 'detection-patterns';
const FOR_GOOD_MS = 100 * 365 * 86_400_000;

/**
 * Inspects requests and values for attacks, as the guard does.
 *
 * @example
 * ```ts
 * @Injectable()
 * class CommentService {
 *   constructor(@Inject(DetectionService) private readonly detection: DetectionService) {}
 *
 *   accept(text: string) {
 *     return !this.detection.inspectValue(text).suspicious;
 *   }
 * }
 * ```
 */
@Injectable()
export class DetectionService implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('NestapiGuard');
  private readonly config: GuardConfig;
  private readonly monitor: PatternMonitor;
  private readonly custom: CustomPatterns;
  private readonly engine: DetectionEngine;
  private readonly replica: Replica;
  private policy: DetectionPolicy;
  /** @internal Told how long each inspection of a request took, in seconds. */
  onInspected: ((seconds: number) => void) | undefined;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(STATE_STORE) store: StateStore,
    @Inject(MONOTONIC_CLOCK) clock: MonotonicClock,
  ) {
    this.config = live.current;
    const { detectionSlowPatternThreshold, detectionAnomalyThreshold, detectionMonitorHistorySize } = live.current;
    const { detectionMaxTrackedPatterns: tracked, detectionCompilerTimeout: compilerTimeout } = live.current;
    const now = (): number => performance.now();
    const limits = {
      slow: detectionSlowPatternThreshold,
      anomaly: detectionAnomalyThreshold,
      history: detectionMonitorHistorySize,
      tracked,
    };
    this.monitor = new PatternMonitor(limits, now);
    this.custom = new CustomPatterns(this.monitor, { tracked, compilerTimeout });
    this.engine = new DetectionEngine(
      {},
      now,
      DETECTORS.map((detector) => this.monitor.watch(detector)),
    );
    this.policy = this.compile();
    live.onPrepare((next) => {
      const policy = compileDetectionPolicy(optionsOf(next));
      return () => {
        this.policy = policy;
      };
    });
    const listener = {
      put: (key: string, value: string) => this.receive(key, value),
      drop: (key: string) => this.withdraw(key),
    };
    this.replica = new Replica({ store, collection: COLLECTION, capacity: tracked, clock, listener });
  }

  onModuleInit(): Promise<void> {
    return this.replica.start();
  }

  onModuleDestroy(): void {
    this.replica.stop();
  }

  /** Inspects a whole request, as the guard sees it: path, query, headers, cookies and parsed body. */
  async inspect(
    request: GuardedRequest | ExecutionContext | FrameworkRequest | InspectedRequest,
  ): Promise<DetectionResult> {
    if (isPlain(request)) return this.engine.inspect(request, this.policy);
    return this.inspectGuarded(this.guarded(request), this.policy);
  }

  /**
   * Inspects one value, a text or anything that JSON can hold, as if it came from `source`.
   *
   * @param source where the value comes from; a URL is suspicious in other ways than a body. Default `'body'`.
   */
  inspectValue(value: unknown, source: ValueSource = 'body'): DetectionResult {
    return this.engine.inspectValue(value, source, this.policy);
  }

  /**
   * Looks for a pattern of the application, too, here at once and on the other instances within a second. A match refuses
   * the request, and counts as a strike.
   *
   * @param pattern a text is searched for as it stands, without regard to case; an expression as written.
   * @throws PatternError for an expression that could backtrack, and beyond `detectionMaxTrackedPatterns` patterns.
   */
  async addPattern(pattern: string | RegExp, options: PatternOptions = {}): Promise<void> {
    const recipe = recipeOf(pattern, options);
    const key = this.custom.add(recipe);
    this.apply();
    await this.replica.put(key, JSON.stringify(recipe), FOR_GOOD_MS);
  }

  /** Stops looking for a pattern. False when it was not looked for. */
  async removePattern(pattern: string | RegExp): Promise<boolean> {
    const key = keyOf(recipeOf(pattern));
    const known = this.custom.remove(key);
    this.apply();
    return (await this.replica.remove(key)) || known;
  }

  /** The patterns of the application. */
  patterns(): CustomPattern[] {
    return this.custom.list;
  }

  /** How often each detector and pattern ran, what it found and how long it took. */
  stats(): PatternStats[] {
    return this.monitor.stats();
  }

  /** @internal A policy for a route, from the configuration and what the route says. */
  compile(options: DetectionOptions = {}, config: GuardConfig = this.config): DetectionPolicy {
    return compileDetectionPolicy({ ...optionsOf(config), ...options });
  }

  /** @internal Inspects under a route's own policy. */
  inspectGuarded(request: GuardedRequest, policy: DetectionPolicy, rawBody?: string): DetectionResult {
    const { onInspected } = this;
    if (onInspected === undefined) return this.engine.inspect(viewOf(request, rawBody), policy);
    const started = performance.now();
    const result = this.engine.inspect(viewOf(request, rawBody), policy);
    onInspected((performance.now() - started) / 1000);
    return result;
  }

  /** @internal Inspects the parts of a body that is still being read. */
  openBody(request: GuardedRequest, policy: DetectionPolicy): (part: MultipartPart) => DetectionResult {
    return this.engine.openBody(request.path, policy);
  }

  private guarded(request: GuardedRequest | ExecutionContext | FrameworkRequest): GuardedRequest {
    if (request instanceof GuardedRequest) return request;
    return isContext(request) ? this.requests.of(request) : this.requests.ofFramework(request);
  }

  /** A pattern of another instance is vetted again: what is in the store is only believed as far as it can do no harm. */
  private receive(key: string, value: string): void {
    try {
      const recipe = JSON.parse(value) as PatternRecipe;
      if (typeof recipe.text !== 'string' || keyOf(recipe) !== key) return;
      this.custom.add(recipe);
      this.apply();
    } catch (error) {
      this.logger.warn(
        `A shared detection pattern is refused: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  private withdraw(key: string): void {
    if (this.custom.remove(key)) this.apply();
  }

  private apply(): void {
    this.engine.setCustomDetectors(this.custom.detectors);
  }
}

/** The options that a configuration comes to. */
export function optionsOf(config: GuardConfig): DetectionOptions {
  return {
    sensitivity: config.detectionSensitivity,
    categories: config.detectionCategories,
    exclude: config.detectionExclude,
    maxContentLength: config.detectionMaxContentLength,
    preserveAttackPatterns: config.detectionPreserveAttackPatterns,
    semanticThreshold: config.detectionSemanticThreshold,
  };
}

function isContext(request: object): request is ExecutionContext {
  return 'getType' in request && 'switchToHttp' in request;
}

/** Something written by hand, such as a test or a queue's message: no stream and no socket behind it. */
function isPlain(request: object): request is InspectedRequest {
  return (
    !(request instanceof GuardedRequest) &&
    !isContext(request) &&
    'path' in request &&
    'headers' in request &&
    !('raw' in request) &&
    !('socket' in request)
  );
}
