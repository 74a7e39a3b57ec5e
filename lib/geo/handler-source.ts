import { canonicalIp, isPrivate } from '../network/ip-address';
import type { CountrySource, GeoLog } from './country-source';
import type { GeoIpHandler, GeoLookup, GeoStatus } from './geo.types';
import { countryCode } from './record-layout';

const ANSWER_MS = 500;
const INITIALIZE_MS = 10_000;
const RETRY_MS = 60_000;
/** Addresses that may wait for the handler at once, and answers remembered for `country()`. */
const MAX_PENDING = 1_000;
const MAX_REMEMBERED = 10_000;
/** After so many answers in a row that came too late, the handler is left alone for a while. */
const LATE_LIMIT = 5;
const REST_MS = 10_000;

const LATE = Symbol('late');

/** The application's own handler, held at arm's length: it may throw, hang or lie without hurting a request. */
export class HandlerSource implements CountrySource {
  readonly kind = 'handler';
  private ready = false;
  private closed = false;
  private retry?: NodeJS.Timeout;
  private problem?: string;
  private loadedAt?: Date;
  private lateInRow = 0;
  private restUntil = 0;
  private readonly pending = new Map<string, Promise<string | undefined>>();
  private readonly remembered = new Map<string, string | undefined>();

  private handler?: GeoIpHandler;

  constructor(
    private readonly given: GeoIpHandler | (() => Promise<GeoIpHandler>),
    private readonly logger: GeoLog,
  ) {}

  async start(): Promise<void> {
    clearTimeout(this.retry);
    try {
      const handler = (this.handler ??= typeof this.given === 'function' ? await this.given() : this.given);
      if (!handler.isInitialized) await bounded(handler.initialize(), INITIALIZE_MS, 'initialize()');
      this.ready = true;
      this.loadedAt = new Date();
      this.setProblem(undefined);
    } catch (error) {
      this.setProblem(`geoIpHandler.initialize() failed: ${messageOf(error)}`);
      this.logger.error(`${this.problem}. Every country is unknown; trying again every ${RETRY_MS / 1000} s.`);
      if (!this.closed) this.retry = setTimeout(() => void this.start(), RETRY_MS).unref();
    }
  }

  async reload(): Promise<void> {
    this.remembered.clear();
    await this.start();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
  }

  country(ip: string): string | undefined {
    const answer = this.resolve(ip);
    return answer instanceof Promise ? this.remembered.get(canonicalIp(ip)!) : answer;
  }

  resolve(text: string): string | undefined | Promise<string | undefined> {
    const ip = canonicalIp(text);
    if (!this.ready || !this.handler || ip === undefined || isPrivate(ip)) return undefined;
    const pending = this.pending.get(ip);
    if (pending) return pending;
    if (this.pending.size >= MAX_PENDING || (this.restUntil > 0 && performance.now() < this.restUntil))
      return undefined;
    try {
      const answer = this.handler.getCountry(ip);
      if (!isPromise(answer)) return this.remember(ip, answer);
      const waiting = this.wait(ip, answer).finally(() => this.pending.delete(ip));
      this.pending.set(ip, waiting);
      return waiting;
    } catch (error) {
      return this.fail(messageOf(error));
    }
  }

  known(text: string): string | undefined {
    const ip = canonicalIp(text);
    return ip === undefined ? undefined : this.remembered.get(ip);
  }

  lookup(ip: string): GeoLookup | undefined {
    const country = this.country(ip);
    return country === undefined ? undefined : { country };
  }

  status(): GeoStatus {
    const status: GeoStatus = { source: this.kind, ready: this.ready, stale: false };
    if (this.loadedAt) status.loadedAt = this.loadedAt;
    if (this.problem !== undefined) status.problem = this.problem;
    return status;
  }

  private async wait(ip: string, answer: PromiseLike<string | null | undefined>): Promise<string | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(resolve, ANSWER_MS, LATE);
    });
    try {
      const country = await Promise.race([answer, late]);
      if (country === LATE) return this.late();
      this.lateInRow = 0;
      return this.remember(ip, country);
    } catch (error) {
      return this.fail(messageOf(error));
    } finally {
      clearTimeout(timer);
    }
  }

  private late(): undefined {
    if (++this.lateInRow >= LATE_LIMIT) {
      this.restUntil = performance.now() + REST_MS;
      this.lateInRow = 0;
    }
    return this.fail(`no answer within ${ANSWER_MS} ms`);
  }

  private fail(problem: string): undefined {
    // A handler that fails for one client fails for thousands: the log says so once, until it recovers.
    if (this.problem === undefined)
      this.logger.error(`geoIpHandler.getCountry() failed: ${problem}. The country is unknown.`);
    this.setProblem(problem);
    return undefined;
  }

  private setProblem(problem: string | undefined): void {
    const { problem: before } = this;
    this.problem = problem;
    if (before === undefined && problem !== undefined) this.logger.changed?.({ type: 'degraded', reason: problem });
    if (before !== undefined && problem === undefined) this.logger.changed?.({ type: 'recovered' });
  }

  private remember(ip: string, answer: string | null | undefined): string | undefined {
    const country = countryCode(answer);
    if (this.problem !== undefined) {
      this.setProblem(undefined);
      this.logger.log('geoIpHandler.getCountry() answers again.');
    }
    this.remembered.delete(ip);
    if (this.remembered.size >= MAX_REMEMBERED) this.remembered.delete(this.remembered.keys().next().value!);
    this.remembered.set(ip, country);
    return country;
  }
}

function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as PromiseLike<T> | undefined)?.then === 'function';
}

async function bounded(work: void | Promise<void>, ms: number, name: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} took longer than ${ms / 1000} s`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
