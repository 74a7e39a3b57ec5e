import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { GuardConfigInput } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { GuardEvents } from '../observability/guard-events.service';
import { MONOTONIC_CLOCK, type MonotonicClock } from '../state/monotonic-clock';
import { Replica } from '../state/replica';
import type { StateStore } from '../state/state-store';
import { STATE_STORE } from '../state/state-store.provider';

const COLLECTION = 'config';
/** A century: what was changed at run time holds until it is changed again. */
const FOR_GOOD_MS = 100 * 365 * 86_400_000;
/** What stands for a field that was set back to its default. */
const BY_DEFAULT = '';
/** How long the parts of an update are collected: what is valid together need not be so alone. */
const COLLECT_MS = 50;

/**
 * The fields of the configuration that were changed at run time, on all instances alike, and on those that start later. A
 * change is effective here first; only what the local validation has accepted is shared.
 */
@Injectable()
export class SharedConfig implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('NestapiGuard');
  private readonly replica: Replica;
  /** What this instance was started with. */
  private readonly initial: Readonly<Record<string, unknown>>;
  /** By field, what is effective here of what is shared. */
  private readonly effective = new Map<string, string>();
  /** Arrived and not yet effective: undefined where a field was reset. */
  private readonly arrived = new Map<string, string | undefined>();
  /** What was changed here to something that cannot travel. */
  private readonly localOnly = new Set<string>();
  private scheduled: NodeJS.Timeout | undefined;

  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(STATE_STORE) store: StateStore,
    @Inject(MONOTONIC_CLOCK) clock: MonotonicClock,
    @Inject(GuardEvents) private readonly events: GuardEvents,
  ) {
    this.initial = { ...live.current };
    this.replica = new Replica({
      store,
      collection: COLLECTION,
      clock,
      capacity: 1_000,
      listener: { put: (field, text) => this.arrive(field, text), drop: (field) => this.arrive(field, undefined) },
    });
  }

  async onModuleInit(): Promise<void> {
    await this.replica.start();
    this.apply();
    const fields = [...this.effective.keys()];
    if (fields.length > 0) {
      this.logger.warn(`GUARD_RUNTIME_CONFIG ${fields.join(', ')}: set at run time, which wins over the configuration`);
    }
  }

  onModuleDestroy(): void {
    clearTimeout(this.scheduled);
    this.replica.stop();
  }

  /** @throws GuardConfigError when the result is no valid configuration; nothing has changed then, anywhere. */
  async update(partial: GuardConfigInput): Promise<void> {
    this.change(partial);
    const current = this.live.current as unknown as Record<string, unknown>;
    const kept: Promise<unknown>[] = [];
    const local: string[] = [];
    for (const field of Object.keys(partial)) {
      const value = current[field];
      if (value !== undefined && !isJson(value)) {
        local.push(field);
        continue;
      }
      this.localOnly.delete(field);
      const text = value === undefined ? BY_DEFAULT : JSON.stringify(value);
      this.effective.set(field, text);
      kept.push(Promise.resolve(this.replica.put(field, text, FOR_GOOD_MS)));
    }
    if (local.length > 0) {
      for (const field of local) this.localOnly.add(field);
      const what = 'functions and regular expressions cannot travel, the change holds on this instance only';
      this.logger.warn(`GUARD_LOCAL_UPDATE ${local.join(', ')}: ${what}`);
    }
    await Promise.all(kept);
  }

  /** Takes back what was changed at run time, on every instance, and what was changed on this one only. */
  async reset(): Promise<void> {
    const fields = [...this.replica.live()].map(([field]) => field);
    await Promise.all(fields.map(async (field) => this.replica.remove(field)));
    for (const field of this.localOnly) this.arrived.set(field, undefined);
    this.localOnly.clear();
    this.apply();
  }

  private arrive(field: string, text: string | undefined): void {
    const known = this.arrived.has(field) ? this.arrived.get(field) : this.effective.get(field);
    if (known === text) return;
    this.arrived.set(field, text);
    this.scheduled ??= setTimeout(() => this.apply(), COLLECT_MS).unref();
  }

  private apply(): void {
    clearTimeout(this.scheduled);
    this.scheduled = undefined;
    if (this.arrived.size === 0) return;
    const fields = [...this.arrived.keys()];
    const failed = this.tryApply(fields);
    if (failed === undefined) return;
    const rejected = fields.length === 1 ? fields : fields.filter((field) => this.tryApply([field]) !== undefined);
    if (rejected.length > 0) {
      this.logger.error(`GUARD_RUNTIME_CONFIG_REJECTED ${rejected.join(', ')}: ${failed.message}`);
    }
  }

  private tryApply(fields: readonly string[]): Error | undefined {
    try {
      const values = fields.map((field) => [field, this.valueOf(field)] as const);
      this.change(Object.fromEntries(values));
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    for (const field of fields) {
      const text = this.arrived.get(field);
      if (text === undefined) this.effective.delete(field);
      else this.effective.set(field, text);
      this.arrived.delete(field);
    }
    return undefined;
  }

  private valueOf(field: string): unknown {
    const text = this.arrived.get(field);
    if (text === undefined) return this.initial[field];
    return text === BY_DEFAULT ? undefined : (JSON.parse(text) as unknown);
  }

  private change(partial: GuardConfigInput): void {
    this.live.update(partial);
    this.events.emit({ type: 'config_changed', at: new Date(), fields: Object.keys(partial) });
  }
}

/** Whether JSON gives a value back as it was. */
function isJson(value: unknown): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isJson);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((member) => member === undefined || isJson(member));
}
