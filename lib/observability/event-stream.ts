import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs';

/** Told what a subscriber failed with. */
export type FailureReport = (error: unknown) => void;

/**
 * A stream whose subscribers cannot take the process down. RxJS throws the error of a subscriber again from a timer, where
 * nothing but `uncaughtException` catches it; here it is reported. The same holds for what `pipe()` makes of the stream, and
 * for the rejection of an asynchronous subscriber.
 */
export class EventStream<T> extends Observable<T> {
  constructor(
    source: Observable<unknown>,
    private readonly report: FailureReport,
  ) {
    super();
    this.source = source;
  }

  // Every operator of RxJS makes its result by this method of its source.
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new EventStream<R>(this, this.report);
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(observer?: Partial<Observer<T>> | ((value: T) => void) | null): Subscription;
  override subscribe(
    next?: ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription;
  override subscribe(
    given?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // The inside of an operator, which passes its errors on.
    if (given instanceof Subscriber) return super.subscribe(given);
    const observer: Partial<Observer<T>> =
      typeof given === 'function' ? { next: given } : { ...methodsOf(given ?? undefined) };
    const { next, error: onError = error ?? this.report, complete: onComplete = complete ?? undefined } = observer;
    return super.subscribe({
      next: (value) => this.attempt(() => next?.(value)),
      error: (failure: unknown) => this.attempt(() => onError(failure)),
      complete: () => this.attempt(() => onComplete?.()),
    });
  }

  private attempt(deliver: () => unknown): void {
    try {
      const outcome = deliver();
      if (outcome instanceof Promise) outcome.catch(this.report);
    } catch (error) {
      this.report(error);
    }
  }
}

function methodsOf<T>(observer: Partial<Observer<T>> | undefined): Partial<Observer<T>> {
  return {
    next: observer?.next?.bind(observer),
    error: observer?.error?.bind(observer),
    complete: observer?.complete?.bind(observer),
  };
}
