import type { RequestKind } from '../platform/guarded-request';

/** What every event says about the request that caused it. */
export interface EventRequest {
  readonly kind: RequestKind;
  readonly ip?: string;
  readonly method: string;
  /** The path without the query: query values may be secrets. */
  readonly path: string;
  readonly route?: string;
  readonly requestId?: string;
}

/** A request was refused, or (`mode` other than `enforce`) would have been. */
export interface RefusalEvent {
  readonly type: 'refused' | 'would_refuse';
  readonly at: Date;
  readonly check: string;
  readonly reason: string;
  readonly status: number;
  readonly mode: 'enforce' | 'dry-run' | 'passive';
  readonly request: EventRequest;
  readonly evidence?: Readonly<Record<string, unknown>>;
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

/** Something that the module depends on failed, or works again; what that means is in docs/redis.md. */
export interface DependencyEvent {
  readonly type: 'degraded' | 'recovered';
  readonly at: Date;
  readonly subject: 'state';
  /** One line without secrets. */
  readonly reason?: string;
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
  /** The template of the route, or what the application recorded. */
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
  check_failed: CheckFailedEvent;
  config_changed: ConfigChangedEvent;
  degraded: DependencyEvent;
  recovered: DependencyEvent;
  banned: BanEvent;
  would_ban: BanEvent;
  unbanned: BanEvent;
  behavior: BehaviorEvent;
}

export type GuardEventType = keyof GuardEventMap;
export type GuardEvent = GuardEventMap[GuardEventType];
