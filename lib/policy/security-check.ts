import type { ExecutionContext } from '@nestjs/common';
import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CheckName } from './check-name';
import type { Refusal } from './refusal';
import type { PolicyField, PolicyLayer, RoutePolicy } from './route-policy';

/**
 * When a check asks:
 * - `door`: before routing and body parsing, for every request that reaches the server;
 * - `arrival`: what will you bring? As soon as the route can be told, before the body is read; where it cannot, with `access`;
 * - `access`: may this client come in? (by `AccessGuard`)
 * - `limits`: not so fast (by `RateLimitGuard`)
 * - `detection`: what do you carry? (by `DetectionGuard`)
 */
export type Stage = 'door' | 'arrival' | 'access' | 'limits' | 'detection';

/**
 * Asks one question about a request. Answers synchronously whenever it can. There is a context once a handler is known: not
 * at the door, and not for what matches no route.
 */
export type Probe = (
  request: GuardedRequest,
  context?: ExecutionContext,
) => Refusal | undefined | Promise<Refusal | undefined>;

/** Follows how a request is answered, from the moment its route is known; an answer may be over by then. */
export type Observer = (request: GuardedRequest) => void;

/** What a check is compiled for: a route, or (`route` absent) everything that reached no route. */
export interface CompileTarget {
  readonly policy: RoutePolicy;
  /** Which layer each field of the policy comes from. */
  readonly sources: Readonly<Partial<Record<PolicyField, PolicyLayer>>>;
  readonly config: GuardConfig;
  readonly route?: RouteInfo;
  /** The routes that bypass the check: an `undeferred` one has to leave them alone by itself. */
  readonly bypassing: readonly RouteInfo[];
}

export interface RouteInfo {
  /** `CatsController.create` */
  readonly name: string;
  readonly kind: RouteKind;
  /** `POST /cats/:id`; for other kinds the message pattern or the field, such as `Query cats`. */
  readonly template: string;
  readonly classRef: new (...args: never[]) => unknown;
  readonly handler: (...args: never[]) => unknown;
}

export type RouteKind = 'http' | 'graphql' | 'ws' | 'rpc';

/**
 * One protection. Registered once in `guard.checks.ts`; everything else about it lives in its room. What decorators may say
 * about it is told by its class, see `PolicyRules`.
 */
export interface SecurityCheck {
  readonly name: CheckName;
  readonly stage: Stage;
  /** A check of the door that cannot wait until the route is known, even though some route bypasses it. */
  readonly undeferred?: boolean;
  /** The kinds of handlers it makes sense for; by default all. */
  readonly kinds?: readonly RouteKind[];
  /** What the configuration contributes to the policy of a route, or (`route` absent) of what matches none. */
  defaults?(config: GuardConfig, route?: RouteInfo): RoutePolicy;
  /** What is accepted and yet deserves a look, said once at start-up. */
  warnings?(target: Omit<CompileTarget, 'bypassing'>): ConfigWarning[];
  /**
   * The probe for a target, or undefined when its policy asks nothing of this check: a route pays only for what it
   * turned on. Runs at start-up and whenever the configuration changes.
   */
  compile(target: CompileTarget): Probe | undefined;
  /**
   * Called once per request as soon as its route is known, before any guard decides, and for what matches no route or no
   * guard has seen: for checks that follow the final status and the bytes of the answer, whoever writes them.
   */
  observe?(target: CompileTarget): Observer | undefined;
  /** Called once the answer is sent, or the connection is lost, for a request that met none of the guards. */
  account?(request: GuardedRequest): void;
}

export const SECURITY_CHECKS = Symbol('nestapi-guard:security-checks');
