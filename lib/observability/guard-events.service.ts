import { AsyncResource } from 'node:async_hooks';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';
import { counted } from './counted';
import { EventStream } from './event-stream';
import type { EventRequest, GuardEvent, GuardEventMap, GuardEventType } from './guard-event';
import { quote } from './log-text';
import { Redaction } from './redaction.service';

type Listener = (event: GuardEvent) => unknown;

/** Events that wait for slow subscribers; what comes on top of them is dropped. */
const MOST_WAITING = 10_000;

/** Milliseconds for which events are delivered before requests get their turn. */
const TURN = 10;

/**
 * Everything that the module decides, as a stream. Events are delivered after the request that caused them has been dealt
 * with, in order. A subscriber that throws or rejects is logged; it touches neither a request nor other subscribers.
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
export class GuardEvents {
  private readonly logger = new Logger('NestapiGuard');
  private readonly subject = new Subject<GuardEvent>();
  private readonly listeners = new Map<string, Set<Listener>>();
  /** Subscribers run in the context of the application's start, not of whichever request came first. */
  private readonly scope = new AsyncResource('GuardEvents');
  private readonly counters: ((event: GuardEvent) => void)[] = [];
  private waiting: GuardEvent[] = [];
  private scheduled = false;
  private dropped = 0;

  /**
   * All events, as they happen. What is composed of it with `pipe()` is as safe as the stream itself; a subscriber of what
   * `merge()`, `combineLatest()` and the like make of several streams has to catch its own errors.
   */
  readonly stream: Observable<GuardEvent> = new EventStream(this.subject, (error) => this.report(error));

  constructor(@Inject(Redaction) private readonly redaction: Redaction) {}

  /** Calls `handler` for every event of a type; returns the function that ends that. */
  on<Type extends GuardEventType>(type: Type, handler: (event: GuardEventMap[Type]) => unknown): () => void {
    const listener = handler as Listener;
    const listeners = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** @internal Calls `counter` for every event at once, even for one that is dropped. It must neither throw nor take long. */
  count(counter: (event: GuardEvent) => void): void {
    this.counters.push(counter);
  }

  /** @internal @param evidence whether it may still quote secrets of a request. */
  emit(event: GuardEvent, evidence: 'raw' | 'redacted' = 'raw'): void {
    for (const counter of this.counters) counter(event);
    if (!this.subject.observed && !this.listeners.has(event.type)) return;
    if (this.waiting.length >= MOST_WAITING) {
      this.dropped++;
      return;
    }
    this.waiting.push(this.redacted(event, evidence));
    this.schedule();
  }

  /** @internal Delivers what waits, and ends the stream. */
  close(): void {
    this.deliver(Infinity);
    this.subject.complete();
  }

  private redacted(event: GuardEvent, state: 'raw' | 'redacted'): GuardEvent {
    const { evidence, request } = event as { evidence?: object; request?: EventRequest };
    const about = request && this.redaction.described(request);
    const clean = evidence === undefined || state === 'redacted' ? evidence : this.redaction.evidence(evidence);
    if (clean === evidence && about === request) return event;
    return { ...event, ...(about && { request: about }), ...(clean && { evidence: clean }) } as GuardEvent;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.scope.runInAsyncScope(setImmediate, undefined, () => {
      this.scheduled = false;
      this.deliver(TURN);
    });
  }

  private deliver(milliseconds: number): void {
    const events = this.waiting;
    if (events.length === 0) return;
    this.waiting = [];
    const until = performance.now() + milliseconds;
    let delivered = 0;
    do this.pass(events[delivered++]!);
    while (delivered < events.length && performance.now() < until);
    if (delivered < events.length) {
      this.waiting = [...events.slice(delivered), ...this.waiting];
      this.schedule();
    } else if (this.dropped > 0) {
      this.say('warn', `GUARD_EVENTS_DROPPED ${counted(this.dropped, 'event')} dropped: subscribers are too slow`);
      this.dropped = 0;
    }
  }

  private pass(event: GuardEvent): void {
    this.subject.next(event);
    for (const listener of this.listeners.get(event.type) ?? []) {
      try {
        const outcome = listener(event);
        if (outcome instanceof Promise) outcome.catch((error: unknown) => this.report(error));
      } catch (error) {
        this.report(error);
      }
    }
  }

  private report(error: unknown): void {
    this.say('error', `A subscriber of GuardEvents failed: ${quote(String(error))}`);
  }

  private say(method: 'warn' | 'error', line: string): void {
    try {
      this.logger[method](line);
    } catch {
      // The application's own logger failed: there is nobody left to tell.
    }
  }
}
