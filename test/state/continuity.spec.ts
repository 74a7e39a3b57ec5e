import { Continuity } from '../../lib/state/continuity';
import { TestClock } from '../support/test-clock';

describe('the continuity of what Redis counts', () => {
  let clock: TestClock;
  let continuity: Continuity;
  const settle = (known: boolean, server: string | undefined) => continuity.settle(known, async () => server);
  beforeEach(async () => {
    clock = new TestClock(10_000);
    continuity = new Continuity(clock.read);
    await settle(false, 'first');
    clock.advance(1_000);
  });

  it('is whole from the start', () => {
    expect(continuity.sinceBreak).toBe(Infinity);
  });

  it.each<[string, known: boolean, server: string | undefined, whole: boolean]>([
    ['it is the same server that knows this instance', true, 'first', true],
    ['it is the same server that has forgotten everything', false, 'first', false],
    ['it is another one, which knows this instance', true, 'second', false],
    ['it does not say which one it is', true, undefined, false],
  ])('after trouble is known when %s', async (_name, known, server, whole) => {
    continuity.suspect();
    expect(continuity.sinceBreak).toBe(0);
    clock.advance(500);
    await settle(known, server);
    expect(continuity.sinceBreak).toBe(whole ? Infinity : 500);
  });

  it('keeps a break in mind when the next trouble is none', async () => {
    continuity.suspect();
    await settle(true, 'second');
    clock.advance(2_000);
    continuity.suspect();
    continuity.suspect();
    await settle(true, 'second');
    expect(continuity.sinceBreak).toBe(2_000);
  });

  it('is not settled by an answer from before the last trouble', async () => {
    continuity.suspect();
    await continuity.settle(true, async () => {
      clock.advance(100);
      continuity.suspect();
      return 'first';
    });
    expect(continuity.sinceBreak).toBe(0);
    await settle(true, 'first');
    expect(continuity.sinceBreak).toBe(Infinity);
  });

  it('asks only when there is something to find out', async () => {
    let asked = 0;
    const ask = async (): Promise<string> => String(++asked);
    await continuity.settle(true, ask);
    expect(asked).toBe(0);
    continuity.suspect();
    await continuity.settle(true, ask);
    await continuity.settle(true, ask);
    expect(asked).toBe(1);
  });
});
