import { Inject, Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { CONFIG_SECTIONS, type ConfigSection } from './config-section';
import { GuardConfig, type GuardConfigInput } from './guard-config';
import { resolveConfig } from './resolve-config';

/** Prepares itself for a configuration that is about to hold; throws to reject it, returns what makes it effective. */
export type ConfigPreparation = (next: GuardConfig) => (() => void) | void;

/**
 * Changes the configuration at run time, entirely or not at all: whoever computed something from it is asked to prepare
 * for the next one first, and only when nobody objects does it take effect everywhere, within one turn of the event loop.
 */
@Injectable()
export class LiveConfig {
  readonly changes = new Subject<GuardConfig>();
  /** The configuration of an application that configures nothing. */
  readonly defaults: GuardConfig;
  private readonly preparations: ConfigPreparation[] = [];

  constructor(
    @Inject(GuardConfig) readonly current: GuardConfig,
    @Inject(CONFIG_SECTIONS) private readonly sections: readonly ConfigSection[],
  ) {
    this.defaults = resolveConfig(sections, {});
  }

  /** Registers whoever computes from the configuration; earlier registrations take effect earlier. */
  onPrepare(preparation: ConfigPreparation): void {
    this.preparations.push(preparation);
  }

  /** @throws GuardConfigError when the result is not a valid configuration; nothing has changed then. */
  update(partial: GuardConfigInput): void {
    const next = resolveConfig(this.sections, { ...this.current, ...partial });
    const commits = this.preparations.map((prepare) => prepare(next));
    Object.assign(this.current, next);
    for (const commit of commits) commit?.();
    this.changes.next(this.current);
  }
}
