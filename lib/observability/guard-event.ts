import type { RequestKind } from '../platform/framework-request';

/** What every event says about the request that caused it. */
export interface EventRequest {
  readonly kind: RequestKind;
  readonly ip?: string;
  /** Of the client's address, where it is known without waiting: ISO 3166-1 alpha-2. */
  readonly country?: string;
  readonly method: string;
  /** The path without the query: query values may be secrets. */
  readonly path: string;
  /**
   * The way into the route that was taken, such as `POST /api/v1/cats/:id`: several, with a bar between them, where the path does
   * not tell which. Absent for what no route matched, and before it is known.
   */
  readonly route?: string;
  /** `CatsController.create`, where the route is known. */
  readonly handler?: string;
  readonly requestId?: string;
}

/** Whether refusals hold, are only reported for a check (`checkModes`), or for all of them (`passiveMode`). */
export type EventMode = 'enforce' | 'dry-run' | 'passive';

/** A request was refused, or (`mode` other than `enforce`) would have been. */
export interface RefusalEvent {
  readonly type: 'refused' | 'would_refuse';
  readonly at: Date;
  readonly check: string;
  readonly reason: string;
  readonly status: number;
  readonly mode: EventMode;
  readonly request: EventRequest;
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** A limit is reached. Comes with the `refused` or `would_refuse` of the same request. */
export interface LimitedEvent {
  readonly type: 'limited';
  readonly at: Date;
  readonly check: string;
  readonly reason: string;
  readonly mode: EventMode;
  readonly request: EventRequest;
  readonly evidence: {
    /** The name of the limit. */
    readonly limit: string;
    readonly requests: number;
    /** Seconds. */
    readonly window: number;
    /** Seconds until the next request is admitted. */
    readonly retryAfter: number;
  };
}

/** A request carries an attack. Comes with the `refused` or `would_refuse` of the same request. */
export interface ThreatEvent {
  readonly type: 'threat';
  readonly at: Date;
  readonly check: string;
  /** The category of the worst finding. */
  readonly reason: string;
  readonly mode: EventMode;
  readonly request: EventRequest;
  readonly evidence: {
    readonly score: number;
    /** The findings, at most five. */
    readonly threats: readonly {
      readonly category: string;
      readonly detector: string;
      /** Where it was found, such as `body.items[2].name`. */
      readonly path: string;
      readonly excerpt: string;
      /** The layers of encoding around it, outermost first. */
      readonly decoded: readonly string[];
      readonly reason: string;
    }[];
  };
}

/** A check threw. `refused` tells whether `failSecure` turned that into a refusal. */
export interface CheckFailedEvent {
  readonly type: 'check_failed';
  readonly at: Date;
  readonly check: string;
  /** Name and message of what it threw, without the secrets of the request. */
  readonly error: string;
  /** Where it was thrown, as the stack trace says. */
  readonly origin?: string;
  readonly refused: boolean;
  readonly request: EventRequest;
}

/** The configuration was changed at run time. */
export interface ConfigChangedEvent {
  readonly type: 'config_changed';
  readonly at: Date;
  readonly fields: readonly string[];
}

/** What the module depends on: the state store, the countries, the ranges of cloud providers. */
export type EventSubject = 'state' | 'geo' | 'cloud';

/** Something that the module depends on failed, or works again. */
export interface DependencyEvent {
  readonly type: 'degraded' | 'recovered';
  readonly at: Date;
  readonly subject: EventSubject;
  /** Whose ranges, of `cloud`. */
  readonly provider?: string;
  /** One line without secrets. */
  readonly reason?: string;
}

/** A country database or the ranges of a cloud provider were replaced by newer ones, or read for the first time. */
export interface RefreshedEvent {
  readonly type: 'refreshed';
  readonly at: Date;
  readonly subject: 'geo' | 'cloud';
  /** Whose ranges, of `cloud`. */
  readonly provider?: string;
  /** When the publisher built the database, or the ranges were downloaded. */
  readonly builtAt?: Date;
  /** Networks, of `cloud`. */
  readonly networks?: number;
}

/** A client was banned, would have been (`passiveMode`, `dry-run`), or no longer is. Told by the instance that did it. */
export interface BanEvent {
  readonly type: 'banned' | 'would_ban' | 'unbanned';
  readonly at: Date;
  /** An address, or the network that is banned with it. */
  readonly target: string;
  readonly reason: string;
  /** Whether the module itself decided it. */
  readonly automatic: boolean;
  /** How long the ban lasts; absent when it ends. */
  readonly seconds?: number;
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** The request that the client was banned for. */
  readonly request?: EventRequest;
}

/** A client crossed a rule about behaviour. */
export interface BehaviorEvent {
  readonly type: 'behavior';
  readonly at: Date;
  /** `critical` for the action `alert`. */
  readonly severity: 'info' | 'warning' | 'critical';
  readonly action: 'log' | 'alert' | 'throttle' | 'ban';
  readonly monitor: 'usage' | 'return' | 'frequency';
  /** The template of the route as its controller has it, or what the application recorded. */
  readonly subject: string;
  readonly reason: string;
  /** What the rule tolerates within its window. */
  readonly limit: number;
  readonly count: number;
  /** What the client is counted by. */
  readonly client: string;
  readonly request?: EventRequest;
}

export interface GuardEventMap {
  refused: RefusalEvent;
  would_refuse: RefusalEvent;
  limited: LimitedEvent;
  threat: ThreatEvent;
  check_failed: CheckFailedEvent;
  config_changed: ConfigChangedEvent;
  degraded: DependencyEvent;
  recovered: DependencyEvent;
  refreshed: RefreshedEvent;
  banned: BanEvent;
  would_ban: BanEvent;
  unbanned: BanEvent;
  behavior: BehaviorEvent;
}

export type GuardEventType = keyof GuardEventMap;
export type GuardEvent = GuardEventMap[GuardEventType];
