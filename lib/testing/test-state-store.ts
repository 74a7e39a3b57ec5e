import { MemoryStateStore } from '../state/memory-state-store';
import { TestClock } from './test-clock';

/**
 * The state of one process, with a clock that the test moves: limits and bans expire when it says so.
 *
 * Hand it to {@link overrideGuard}; given to `overrideProvider(STATE_STORE)` alone, it moves limits and counters, while bans
 * and time windows go by the time of the machine.
 *
 * @example
 * ```ts
 * const store = new TestStateStore();
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * const module = await overrideGuard(builder, { store }).compile();
 * store.advance(60);
 * ```
 */
export class TestStateStore extends MemoryStateStore {
  constructor(readonly clock: TestClock = new TestClock()) {
    super({ clock: clock.elapsed });
  }

  /** @param seconds how far time goes on. */
  advance(seconds: number): void {
    this.clock.advance(seconds);
  }
}
