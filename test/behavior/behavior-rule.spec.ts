import { toleratedBy } from '../../lib/behavior/behavior-rule';
import { ExpiringMarks } from '../../lib/behavior/expiring-marks';
import { TestClock } from '../support/test-clock';

describe('a rate of calls', () => {
  it.each([
    [0.1, 300, 30],
    [0.1, 30, 3],
    [0.3, 10, 3],
    [2, 60, 120],
    [0.001, 30, 1],
    [1 / 3, 60, 20],
    [0.99, 1, 1],
  ])('of %d a second over %d seconds tolerates %d', (maxFrequency, window, calls) => {
    expect(toleratedBy({ type: 'frequency', maxFrequency, window, action: 'log' })).toBe(calls);
  });
});

describe('marks', () => {
  it('run out, and the oldest gives way', () => {
    const clock = new TestClock();
    const marks = new ExpiringMarks(clock.read, 2);
    expect([marks.set('a', 100), marks.set('a', 200), marks.set('b', 100)]).toEqual([true, false, true]);
    expect([marks.left('a'), marks.left('b'), marks.left('c')]).toEqual([200, 100, 0]);
    clock.advance(100);
    expect([marks.left('a'), marks.left('b')]).toEqual([100, 0]);
    marks.set('c', 100);
    marks.set('d', 100);
    expect([marks.left('a'), marks.left('c'), marks.left('d')]).toEqual([0, 100, 100]);
  });
});
