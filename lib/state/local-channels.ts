import type { ChannelListener, Message, Unsubscribe } from './state-store';

/** The listeners of this process, by channel. */
export class LocalChannels {
  private readonly listeners = new Map<string, Set<ChannelListener>>();

  /** Channels that somebody listens to. */
  names(): string[] {
    return [...this.listeners.keys()];
  }

  add(channel: string, listener: ChannelListener): Unsubscribe {
    // A wrapper of its own, so that one listener may be added twice and taken away once.
    const entry: ChannelListener = {
      message: (message, own) => listener.message(message, own),
      resubscribed: () => listener.resubscribed?.(),
    };
    let known = this.listeners.get(channel);
    if (known === undefined) this.listeners.set(channel, (known = new Set()));
    known.add(entry);
    return () => {
      known.delete(entry);
      if (known.size === 0 && this.listeners.get(channel) === known) this.listeners.delete(channel);
    };
  }

  deliver(channel: string, message: Message, own: boolean): void {
    for (const listener of this.listeners.get(channel) ?? []) quietly(() => listener.message(message, own));
  }

  resubscribed(): void {
    for (const listeners of this.listeners.values()) {
      for (const listener of listeners) quietly(() => listener.resubscribed?.());
    }
  }

  clear(): void {
    this.listeners.clear();
  }
}

/** One listener's failure is not another's. */
export function quietly(call: () => void): void {
  try {
    call();
  } catch {
    // The interface says that a listener must not throw; there is nobody here to tell.
  }
}
