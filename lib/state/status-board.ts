import { quietly } from './local-channels';
import type { StoreStatus, Unsubscribe } from './state-store';

/** The status of a store and those who want to know when it changes. */
export class StatusBoard {
  private status: StoreStatus;
  private readonly listeners = new Set<(status: StoreStatus) => void>();

  constructor(state: StoreStatus['state'], reason?: string) {
    this.status = { state, reason, since: Date.now() };
  }

  read(): StoreStatus {
    return this.status;
  }

  /** Changes the status and tells it. A new reason for the same trouble is kept, yet told to nobody. */
  write(state: StoreStatus['state'], reason?: string, tell = state !== this.status.state): void {
    const since = state === this.status.state ? this.status.since : Date.now();
    this.status = { state, reason, since };
    if (tell) for (const listener of [...this.listeners]) quietly(() => listener(this.status));
  }

  listen(listener: (status: StoreStatus) => void): Unsubscribe {
    const entry = (status: StoreStatus): void => listener(status);
    this.listeners.add(entry);
    return () => this.listeners.delete(entry);
  }
}
