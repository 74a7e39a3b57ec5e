import type { FieldProblem } from '../config/config-problem';
import { nearestName } from '../config/nearest-name';
import { inspectList } from '../config/setting';
import type { TimeWindowRule } from './time-window.decorator';
import { type WallTime, ZoneClock } from './wall-time';

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const FIELDS = ['start', 'end', 'zone', 'days'];
const TIME = /^(?:([01]\d|2[0-3]):([0-5]\d)|24:00)$/;

/** Everything wrong with a rule, by paths relative to it. */
export function timeWindowProblems(rule: unknown): FieldProblem[] {
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) {
    return [{ value: rule, message: 'is not accepted; use a start and an end such as "09:00", "17:00"' }];
  }
  const { start, end, zone, days } = rule as Record<string, unknown>;
  const problems: FieldProblem[] = Object.keys(rule)
    .filter((field) => !FIELDS.includes(field))
    .map((field) => ({ path: `.${field}`, message: 'is not known', suggestion: nearestName(field, FIELDS) }));
  if (!isTime(start) || start === '24:00')
    problems.push({ path: '.start', value: start, message: notATime('00:00 to 23:59') });
  if (!isTime(end)) problems.push({ path: '.end', value: end, message: notATime('00:00 to 24:00') });
  else if (start === end)
    problems.push({ path: '.end', value: end, message: 'is the start, too: the window is empty' });
  if (zone !== undefined && !isZone(zone)) {
    problems.push({
      path: '.zone',
      value: zone,
      message: 'is no time zone; use one of the IANA database such as "Europe/Paris"',
    });
  }
  if (days !== undefined) problems.push(...dayProblems(days));
  return problems;
}

/** Whether a moment lies in the window. */
export function compileTimeWindow({ start, end, days }: TimeWindowRule): (now: WallTime) => boolean {
  const [opens, closes] = [minuteOf(start), minuteOf(end)];
  const open = new Set(days?.map((day) => dayOf(day)) ?? DAYS.keys());
  if (opens < closes) return ({ minute, day }) => minute >= opens && minute < closes && open.has(day);
  // What is left of a window after midnight belongs to the day before.
  return ({ minute, day }) => (minute >= opens && open.has(day)) || (minute < closes && open.has((day + 6) % 7));
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value);
}

function notATime(range: string): string {
  return `is no time of day; use HH:MM from ${range}`;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function isZone(zone: unknown): boolean {
  // An offset is no zone, although newer versions of Node format by one.
  if (typeof zone !== 'string' || /^[+-]/.test(zone)) return false;
  try {
    new ZoneClock(zone);
    return true;
  } catch {
    return false;
  }
}

function dayProblems(days: unknown): FieldProblem[] {
  const accepted = 'a list of days such as ["mon", "fri"] or [1, 5]';
  if (Array.isArray(days) && days.length === 0)
    return [{ path: '.days', value: days, message: `is empty; use ${accepted}` }];
  return inspectList(days, dayProblem, accepted).map((problem) => ({ ...problem, path: `.days${problem.path ?? ''}` }));
}

function dayProblem(day: unknown): string | undefined {
  return dayOf(day) === -1 ? 'is no day; use "mon" to "sun", or 0 (Sunday) to 6' : undefined;
}

/** The number of a day, -1 for what is none. */
function dayOf(day: unknown): number {
  if (typeof day === 'number') return Number.isInteger(day) && day >= 0 && day <= 6 ? day : -1;
  if (typeof day !== 'string') return -1;
  const name = day.toLowerCase();
  return DAYS.findIndex((known) => known === name || known.slice(0, 3) === name);
}
