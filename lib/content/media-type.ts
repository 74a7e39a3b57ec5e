const TOKEN = "[!#$%&'*+.^_`|~\\dA-Za-z-]+";
const QUOTED = '"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';

/** RFC 9110 §8.3.1, whole: what only begins like a media type is read differently by different parsers. */
const CONTENT_TYPE = new RegExp(
  `^(${TOKEN})/(${TOKEN})(?:[\\t ]*;[\\t ]*(?:${TOKEN}=(?:${TOKEN}|${QUOTED}))?)*[\\t ]*$`,
);
const MAX_LENGTH = 1024;

/** A media type in lower case, without its parameters. */
export interface MediaType {
  readonly type: string;
  readonly subtype: string;
}

/** Reads a `Content-Type`; undefined when it is malformed. */
export function parseMediaType(header: string): MediaType | undefined {
  const match = header.length > MAX_LENGTH ? null : CONTENT_TYPE.exec(header);
  return match === null ? undefined : { type: match[1]!.toLowerCase(), subtype: match[2]!.toLowerCase() };
}

/** What is wrong with an entry of `@ContentTypeFilter`, or undefined. */
export function mediaRangeProblem(entry: unknown): string | undefined {
  const range = typeof entry === 'string' && !entry.includes(';') ? parseMediaType(entry) : undefined;
  if (range !== undefined && !range.type.includes('*') && /^(?:\*|[^*]+)$/.test(range.subtype)) return undefined;
  return "is not a media type; use 'application/json' or 'image/*', without parameters";
}

/** Whether a media type is among entries in which `mediaRangeProblem` found nothing. */
export function compileMediaRanges(entries: readonly string[]): (media: MediaType) => boolean {
  const ranges = entries.map((entry) => parseMediaType(entry)!);
  const types = new Set(ranges.filter(({ subtype }) => subtype === '*').map(({ type }) => type));
  const exact = new Set(ranges.map(({ type, subtype }) => `${type}/${subtype}`));
  return ({ type, subtype }) => types.has(type) || exact.has(`${type}/${subtype}`);
}
