import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { BanService } from '../bans/ban.service';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { describeRequest } from '../observability/event-request';
import type { BehaviorEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import { MONOTONIC_CLOCK, type MonotonicClock } from '../state/monotonic-clock';
import type { Awaitable, LimitVerdict, Message, StateStore, Tally, Unsubscribe } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { ExpiringMarks } from './expiring-marks';
import type { WatchedRule } from './watched-rule';

/** Who does something: a request, or a client that the application names. */
export interface Actor {
  readonly clientKey: string;
  readonly ip: string | undefined;
  readonly trusted: boolean;
}

/** What a count came to. */
export interface Reaction {
  readonly count: number;
  readonly crossed: boolean;
  readonly refusal?: Refusal;
}

const CHANNEL = 'throttles';
const SEVERITY = { log: 'info', throttle: 'warning', ban: 'warning', alert: 'critical' } as const;

/** Counts what clients do, and acts when one of them crosses a rule. Trusted clients are neither throttled nor banned. */
@Injectable()
export class BehaviorMonitor implements OnModuleInit, OnModuleDestroy {
  private readonly config: GuardConfig;
  private readonly throttles: ExpiringMarks;
  private readonly announced: ExpiringMarks;
  private unsubscribe: Unsubscribe | undefined;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(MONOTONIC_CLOCK) clock: MonotonicClock,
    @Inject(BanService) private readonly bans: BanService,
    @Inject(GuardEvents) private readonly events: GuardEvents,
  ) {
    this.config = live.current;
    this.throttles = new ExpiringMarks(clock);
    this.announced = new ExpiringMarks(clock);
  }

  onModuleInit(): void {
    this.unsubscribe = this.store.subscribe(CHANNEL, {
      message: (message, own) => {
        if (!own) this.adopt(message);
      },
    });
  }

  onModuleDestroy(): void {
    this.unsubscribe?.();
  }

  /** Counts a call; the refusal is what to answer it with. */
  call(watched: WatchedRule, actor: Actor, request?: GuardedRequest): Awaitable<Reaction> {
    if (watched.rule.action === 'throttle') return this.limit(watched, actor, request);
    const tally = this.store.strike(watched.counterOf(actor.clientKey));
    return tally instanceof Promise
      ? tally.then((settled) => this.react(watched, actor, settled, request))
      : this.react(watched, actor, tally, request);
  }

  /** Counts an answer, which is on its way: what it leads to concerns the next requests. */
  async answer(watched: WatchedRule, actor: Actor, request?: GuardedRequest): Promise<void> {
    const { action } = watched.rule;
    if (action === 'throttle' && actor.trusted) return;
    const tally = await this.store.strike(watched.counterOf(actor.clientKey));
    if (action === 'throttle' && tally.roomMs > 0) {
      const mark = watched.markOf(actor.clientKey);
      if (this.throttles.set(mark, tally.roomMs)) void this.store.publish(CHANNEL, [mark, tally.roomMs]);
    }
    await this.react(watched, actor, tally, request);
  }

  /** The refusal of a client that got too many answers of a kind. */
  throttled(watched: WatchedRule, actor: Actor): Refusal | undefined {
    if (actor.trusted) return undefined;
    const left = this.throttles.left(watched.markOf(actor.clientKey));
    return left > 0 ? watched.throttled(left) : undefined;
  }

  async count(watched: WatchedRule, client: string): Promise<number> {
    if (watched.rule.action !== 'throttle') return (await this.store.tally(watched.counterOf(client))).count;
    const { tiers } = await this.store.peek([watched.tierOf(client)]);
    return watched.tolerated - (tiers[0]?.remaining ?? watched.tolerated);
  }

  async reset(watched: WatchedRule, client: string): Promise<void> {
    this.throttles.delete(watched.markOf(client));
    this.announced.delete(watched.markOf(client));
    await this.store.reset([watched.counterOf(client), watched.tierOf(client)]);
  }

  /** Refused calls are not counted, so that the window has room again when its oldest call leaves it. */
  private limit(watched: WatchedRule, actor: Actor, request?: GuardedRequest): Awaitable<Reaction> {
    if (actor.trusted) return { count: 0, crossed: false };
    const verdict = this.store.consume([watched.tierOf(actor.clientKey)]);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.judge(watched, actor, settled, request))
      : this.judge(watched, actor, verdict, request);
  }

  private judge(watched: WatchedRule, actor: Actor, verdict: LimitVerdict, request?: GuardedRequest): Reaction {
    const tier = verdict.tiers[0];
    // Nobody counted (`onStoreError`): the limits decide what that means, a monitor refuses nobody for it.
    if (tier === undefined) return { count: 0, crossed: false };
    if (verdict.allowed) return { count: watched.tolerated - tier.remaining, crossed: false };
    const crossed = this.announced.set(watched.markOf(actor.clientKey), watched.quietMs);
    if (crossed) this.announce(watched, actor, watched.tolerated + 1, request);
    return { count: watched.tolerated, crossed, refusal: watched.throttled(tier.retryAfterMs) };
  }

  private react(watched: WatchedRule, actor: Actor, tally: Tally, request?: GuardedRequest): Awaitable<Reaction> {
    const { count, crossed } = tally;
    const { ip } = actor;
    const bans = watched.rule.action === 'ban' && ip !== undefined;
    if (crossed) this.announce(watched, actor, count, request);
    if (!bans || count <= watched.tolerated) return { count, crossed };
    if (crossed) return this.ban(watched, actor, ip, count, request);
    // Calls that came along with the crossing one, whose ban is on its way.
    return { count, crossed, refusal: this.bans.canPunish(ip, 'behavior') ? watched.banned() : undefined };
  }

  private async ban(
    watched: WatchedRule,
    { clientKey }: Actor,
    ip: string,
    count: number,
    request?: GuardedRequest,
  ): Promise<Reaction> {
    const banned = await this.bans.punish(ip, {
      check: 'behavior',
      reason: `${watched.crossing}: ${watched.subject}`,
      duration: watched.rule.duration ?? this.config.autoBanDuration,
      request,
    });
    if (!banned) return { count, crossed: true };
    // When the ban is over, counting starts anew.
    await this.store.reset([watched.counterOf(clientKey)]);
    return { count, crossed: true, refusal: watched.banned() };
  }

  private announce(
    { rule, subject, crossing, tolerated }: WatchedRule,
    actor: Actor,
    count: number,
    request?: GuardedRequest,
  ): void {
    const event: BehaviorEvent = {
      type: 'behavior',
      at: new Date(),
      severity: SEVERITY[rule.action],
      action: rule.action,
      monitor: rule.type,
      subject,
      reason: crossing,
      limit: tolerated,
      count,
      client: actor.clientKey,
      request: request && describeRequest(request),
    };
    this.events.emit(event);
  }

  /** Another instance throttles a client. */
  private adopt(message: Message): void {
    if (!Array.isArray(message)) return;
    const [mark, ms] = message as readonly Message[];
    if (typeof mark === 'string' && typeof ms === 'number' && ms > 0) this.throttles.set(mark, ms);
  }
}
