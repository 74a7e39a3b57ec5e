import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import type { GuardEvent, GuardEventMap, GuardEventType } from './guard-event';

type Listener = (event: GuardEvent) => unknown;

/**
 * Everything that the module decides, as a stream. A subscriber that throws or rejects is logged and never touches a
 * request.
 *
 * @example
 * ```ts
 * @Injectable()
 * class Alarm {
 *   constructor(events: GuardEvents) {
 *     events.on('refused', (event) => console.log(event.check, event.request.ip));
 *   }
 * }
 * ```
 */
@Injectable()
export class GuardEvents implements OnModuleDestroy {
  private readonly logger = new Logger('NestapiGuard');
  private readonly subject = new Subject<GuardEvent>();
  private readonly listeners = new Map<string, Set<Listener>>();

  /** All events, as they happen. */
  readonly stream: Observable<GuardEvent> = this.subject.asObservable();

  /** Calls `handler` for every event of a type; returns the function that ends that. */
  on<Type extends GuardEventType>(type: Type, handler: (event: GuardEventMap[Type]) => unknown): () => void {
    const listener = handler as Listener;
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** @internal */
  emit(event: GuardEvent): void {
    this.attempt(() => this.subject.next(event));
    for (const listener of this.listeners.get(event.type) ?? []) this.attempt(() => listener(event));
  }

  onModuleDestroy(): void {
    this.subject.complete();
  }

  private attempt(deliver: () => unknown): void {
    try {
      const outcome = deliver();
      if (outcome instanceof Promise) outcome.catch((error: unknown) => this.report(error));
    } catch (error) {
      this.report(error);
    }
  }

  private report(error: unknown): void {
    this.logger.error(`A subscriber of GuardEvents failed: ${String(error)}`);
  }
}
