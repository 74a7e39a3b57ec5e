import type { LogLevel } from './log-level';
import { escapeHidden, LONGEST_VALUE, quote } from './log-text';

/** What a line says besides its event; values without a meaning are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | object | undefined>>;

/** One thing to be told, before it becomes text. */
export interface LogRecord {
  readonly at: Date;
  readonly level: LogLevel;
  readonly event: string;
  readonly fields: LogFields;
}

/** Bytes of a line, with its line feed and with the time and level in front of it. */
const LONGEST_LINE = 2048;
const ROOM = LONGEST_LINE - '2026-01-01T00:00:00.000Z CRITICAL \n'.length;

/** What needs no quotes in a text line. */
const BARE = /^[\w.:/-]+$/;

/** `refused status=403 check=ip reason="in blacklist" …` */
export function textLine({ event, fields }: LogRecord): string {
  return fit((longest) => {
    const words = present(fields).map(([name, value]) => `${name}=${textValue(value, longest)}`);
    return [event, ...words].join(' ');
  });
}

/** The same as one JSON object, with its time in UTC. */
export function jsonLine({ at, level, event, fields }: LogRecord): string {
  return fit((longest) => {
    const members = present(fields).map(([name, value]) => `${quote(name)}:${jsonValue(value, longest)}`);
    const head = `"time":"${at.toISOString()}","level":"${level}","event":${quote(event)}`;
    return `{${[head, ...members].join(',')}}`;
  });
}

function present(fields: LogFields): [string, string | number | boolean | object][] {
  return Object.entries(fields).filter((field): field is [string, string | number | boolean | object] => {
    return field[1] !== undefined;
  });
}

// Hardly a line is that long, and what is unusual about it shows in the beginning of its values, too.
function fit(render: (longest: number) => string): string {
  let line = '';
  for (let longest = LONGEST_VALUE; longest >= 8; longest /= 2) {
    line = render(longest);
    if (Buffer.byteLength(line) <= ROOM) break;
  }
  return line;
}

function textValue(value: string | number | boolean | object, longest: number): string {
  if (typeof value === 'string') return value.length <= longest && BARE.test(value) ? value : quote(value, longest);
  return typeof value === 'object' ? objectValue(value, longest) : String(value);
}

function jsonValue(value: string | number | boolean | object, longest: number): string {
  if (typeof value === 'string') return quote(value, longest);
  return typeof value === 'object' ? objectValue(value, longest) : JSON.stringify(value);
}

function objectValue(value: object, longest: number): string {
  let json: string;
  try {
    json = escapeHidden(JSON.stringify(value));
  } catch {
    json = Object.prototype.toString.call(value);
  }
  return json.length <= longest * 2 && json.startsWith('{') ? json : quote(json, longest);
}
