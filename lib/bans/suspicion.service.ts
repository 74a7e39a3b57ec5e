import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CheckName } from '../policy/check-name';
import type { Awaitable, StateStore, StrikeCounter, Tally } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';
import { banMode } from './ban.config';
import { BanService } from './ban.service';

/** Why a request counts against its client. */
export interface Suspicion {
  /** The check that found it. */
  readonly check: CheckName;
  /** A short phrase in a fixed vocabulary, such as `sql_injection`. */
  readonly reason: string;
  /** What was found, free of credentials: it is kept with the ban and shown to operators. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** What a suspicious request came to. */
export interface StrikeOutcome {
  /** The client is banned: answer 403. False while bans are only reported (`passiveMode`, `dry-run`). */
  readonly banned: boolean;
  /** Suspicious requests of the client within `autoBanWindow`, up to the threshold; 0 for a client that is not counted. */
  readonly count: number;
}

const NOT_COUNTED: StrikeOutcome = { banned: false, count: 0 };
const LONGEST_REST_MS = 2 ** 31 - 1;
/** A ban is known everywhere long before. */
const BAN_ARRIVES_MS = 2_000;

/** Counts the suspicious requests of each client, and bans the client of the one that is too many. */
@Injectable()
export class SuspicionService {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(STATE_STORE) private readonly store: StateStore,
    @Inject(BanService) private readonly bans: BanService,
  ) {
    this.config = live.current;
    // Who was pardoned starts anew instead of with the next suspicious request being ignored.
    bans.onUnban((target) => this.forget(target));
  }

  /** Counts a request, once. Answers at once where the state is in memory. */
  strike(request: GuardedRequest, suspicion: Suspicion): Awaitable<StrikeOutcome> {
    // Every field of a GraphQL query may find the same attack.
    if (request.kind !== 'graphql') return this.count(request, suspicion);
    return request.once('bans strike', () => this.count(request, suspicion));
  }

  private count(request: GuardedRequest, suspicion: Suspicion): Awaitable<StrikeOutcome> {
    const { ip } = request;
    const mode = banMode(this.config, suspicion.check);
    if (mode === 'off' || ip === undefined || this.bans.neverBanned(ip) !== undefined) return NOT_COUNTED;
    const tally = this.store.strike(this.counterOf(request.clientKey, mode));
    return tally instanceof Promise
      ? tally.then((settled) => this.judge(request, suspicion, settled))
      : this.judge(request, suspicion, tally);
  }

  private judge(request: GuardedRequest, suspicion: Suspicion, tally: Tally): Awaitable<StrikeOutcome> {
    const { count, crossed } = tally;
    if (!crossed) {
      const banned = banMode(this.config) === 'enforce' && this.bans.isBanned(request.ip!);
      if (banned || !this.restsInVain(suspicion, tally)) return { banned, count };
      return this.countAnew(request, suspicion);
    }
    const { autoBanDuration: duration, autoBanThreshold, autoBanWindow } = this.config;
    const reason = `${suspicion.reason}: ${autoBanThreshold} suspicious requests within ${autoBanWindow} s`;
    return this.bans
      .punish(request.ip!, { ...suspicion, reason, duration, request })
      .then((banned) => ({ banned, count }));
  }

  /** Whether counting stopped for a ban that is over: a shorter one replaced it, or it ended while Redis was away. */
  private restsInVain({ check }: Suspicion, { roomMs }: Tally): boolean {
    return banMode(this.config, check) === 'enforce' && roomMs > 0 && this.restMs - roomMs > BAN_ARRIVES_MS;
  }

  private async countAnew(request: GuardedRequest, suspicion: Suspicion): Promise<StrikeOutcome> {
    await this.forget(request.clientKey);
    const tally = await this.store.strike(this.counterOf(request.clientKey, 'enforce'));
    return this.judge(request, suspicion, { ...tally, roomMs: 0 });
  }

  private async forget(target: string): Promise<void> {
    await this.store.reset([this.counterOf(target, 'enforce'), this.counterOf(target, 'report')]);
  }

  /** What is only reported is counted apart, so that it bans nobody once bans are enforced. */
  private counterOf(client: string, mode: 'enforce' | 'report'): StrikeCounter {
    const { autoBanThreshold: threshold, autoBanWindow } = this.config;
    return {
      client,
      key: mode === 'enforce' ? 'suspicion' : 'suspicion, reported',
      threshold,
      windowMs: autoBanWindow * 1000,
      restartAfterMs: this.restMs,
    };
  }

  /** Counting stops for as long as a ban lasts. */
  private get restMs(): number {
    return Math.min(LONGEST_REST_MS, this.config.autoBanDuration * 1000);
  }
}
