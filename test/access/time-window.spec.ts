import { compileTimeWindow, timeWindowProblems } from '../../lib/access/time-window';
import type { TimeWindowRule } from '../../lib/access/time-window.decorator';
import { ZoneClock } from '../../lib/access/wall-time';

function isOpen(rule: TimeWindowRule, at: string): boolean {
  return compileTimeWindow(rule)(new ZoneClock(rule.zone ?? 'UTC').at(Date.parse(at)));
}

const office: TimeWindowRule = { start: '09:00', end: '17:00' };
const night: TimeWindowRule = { start: '22:00', end: '06:00' };
const paris: TimeWindowRule = { ...office, zone: 'Europe/Paris' };
const newYork: TimeWindowRule = { start: '02:00', end: '03:00', zone: 'America/New_York' };
const weekdays: TimeWindowRule = { ...office, days: ['mon', 'tue', 'wed', 'thu', 'fri'] };

// 2026-11-22 is a Sunday.
const CASES: [what: string, rule: TimeWindowRule, at: string, open: boolean][] = [
  ['the start', office, '2026-11-22T09:00:00Z', true],
  ['the last moment before the start', office, '2026-11-22T08:59:59.999Z', false],
  ['the last moment before the end', office, '2026-11-22T16:59:59.999Z', true],
  ['the end', office, '2026-11-22T17:00:00Z', false],
  ['before midnight in a window over it', night, '2026-11-22T23:59:59Z', true],
  ['midnight in a window over it', night, '2026-11-23T00:00:00Z', true],
  ['five past midnight, which en-US calls 24:05', { start: '00:00', end: '06:00' }, '2026-11-23T00:05:00Z', true],
  ['the end of a window over midnight', night, '2026-11-23T06:00:00Z', false],
  ['noon and a window over midnight', night, '2026-11-22T12:00:00Z', false],
  ['a whole day until 24:00', { start: '00:00', end: '24:00' }, '2026-11-22T23:59:59Z', true],
  ['an afternoon until 24:00, at midnight', { start: '12:00', end: '24:00' }, '2026-11-22T00:00:00Z', false],

  ['winter in Paris, one hour ahead', paris, '2026-01-15T08:00:00Z', true],
  ['winter in Paris, before the start', paris, '2026-01-15T07:59:00Z', false],
  ['summer in Paris, two hours ahead', paris, '2026-07-15T07:00:00Z', true],
  ['summer in Paris, at the end', paris, '2026-07-15T15:00:00Z', false],
  ['a zone of half hours', { ...office, zone: 'Asia/Kolkata' }, '2026-01-15T03:30:00Z', true],
  ['a zone of quarter hours', { ...office, zone: 'Asia/Kathmandu' }, '2026-01-15T03:14:00Z', false],
  ['a leap day', { ...office, zone: 'Pacific/Auckland' }, '2028-02-28T20:00:00Z', true],

  // On 2026-03-08 the wall clock of New York goes from 01:59 to 03:00, on 2026-11-01 from 01:59 back to 01:00.
  ['an hour that exists', newYork, '2026-03-07T07:30:00Z', true],
  ['the hour that is skipped', newYork, '2026-03-08T06:59:00Z', false],
  ['the moment after it', newYork, '2026-03-08T07:00:00Z', false],
  ['the hour that is repeated, first', { ...newYork, start: '01:00', end: '02:00' }, '2026-11-01T05:30:00Z', true],
  ['the hour that is repeated, again', { ...newYork, start: '01:00', end: '02:00' }, '2026-11-01T06:30:00Z', true],
  ['the hour after both', { ...newYork, start: '01:00', end: '02:00' }, '2026-11-01T07:30:00Z', false],

  ['a listed day', weekdays, '2026-11-23T10:00:00Z', true],
  ['another day', weekdays, '2026-11-22T10:00:00Z', false],
  ['a day by its number', { ...office, days: [0] }, '2026-11-22T10:00:00Z', true],
  [
    'the day of the zone, not of UTC',
    { start: '00:00', end: '08:00', zone: 'Asia/Tokyo', days: ['mon'] },
    '2026-11-22T16:00:00Z',
    true,
  ],
  ['the night that begins on a listed day', { ...night, days: ['sat'] }, '2026-11-21T23:00:00Z', true],
  ['the morning after it', { ...night, days: ['sat'] }, '2026-11-22T05:00:00Z', true],
  [
    'the morning of a listed day, which belongs to the night before',
    { ...night, days: ['sun'] },
    '2026-11-22T05:00:00Z',
    false,
  ],
  ['the morning after the week has turned', { ...night, days: ['sat'] }, '2026-11-15T01:00:00Z', true],
];

describe('a time window', () => {
  it.each(CASES)('at %s', (_, rule, at, open) => {
    expect(isOpen(rule, at)).toBe(open);
  });

  it('does not depend on the time zone of the process', () => {
    const { TZ } = process.env;
    process.env.TZ = 'Pacific/Kiritimati';
    try {
      expect(isOpen(office, '2026-11-22T09:00:00Z')).toBe(true);
      expect(isOpen(weekdays, '2026-11-22T10:30:00Z')).toBe(false);
    } finally {
      process.env.TZ = TZ;
    }
  });

  it('reads the zone once per minute', () => {
    const clock = new ZoneClock('Europe/Paris');
    const first = clock.at(Date.parse('2026-11-22T10:00:00Z'));
    expect(clock.at(Date.parse('2026-11-22T10:00:59Z'))).toBe(first);
    expect(clock.at(Date.parse('2026-11-22T10:01:00Z'))).toEqual({ minute: 661, day: 0 });
    expect(clock.at(Date.parse('2026-11-22T09:00:00Z'))).toEqual({ minute: 600, day: 0 });
  });
});

describe('the problems of a time window', () => {
  it.each([
    ['a time without its zero', { start: '9:00', end: '17:00' }, '.start'],
    ['an hour that no day has', { start: '09:00', end: '25:00' }, '.end'],
    ['minutes that no hour has', { start: '09:60', end: '17:00' }, '.start'],
    ['24:00 as a start', { start: '24:00', end: '06:00' }, '.start'],
    ['a number', { start: 9, end: '17:00' }, '.start'],
    ['no end', { start: '09:00' }, '.end'],
    ['an empty window', { start: '09:00', end: '09:00' }, '.end'],
    ['an unknown zone', { ...office, zone: 'Europe/Atlantis' }, '.zone'],
    ['an empty zone', { ...office, zone: '' }, '.zone'],
    ['a zone that is no text', { ...office, zone: 2 }, '.zone'],
    ['an unknown day', { ...office, days: ['mon', 'someday'] }, '.days[1]'],
    ['a number that is no day', { ...office, days: [7] }, '.days[0]'],
    ['no days', { ...office, days: [] }, '.days'],
    ['days that are no list', { ...office, days: 'mon' }, '.days'],
    ['an unknown option', { ...office, day: ['mon'] }, '.day'],
  ])('%s', (_, rule, path) => {
    expect(timeWindowProblems(rule).map((problem) => problem.path)).toEqual([path]);
  });

  it.each([undefined, null, '09:00', ['09:00', '17:00']])('%p is no rule', (rule) => {
    expect(timeWindowProblems(rule)).toHaveLength(1);
  });

  it.each([office, paris, weekdays, { ...office, days: ['Monday', 'TUE', 3] }])('%j is fine', (rule) => {
    expect(timeWindowProblems(rule)).toEqual([]);
  });
});
