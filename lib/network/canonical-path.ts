const SLASH = 47;
const QUESTION_MARK = 63;

/** Everything that lets one resource be spelled in two ways: routers differ in what they make of each of these. */
const AMBIGUOUS = /[^!$&'()*+,\-./0-9:=@A-Z_a-z~[\]]|\/\/|\/\.{1,2}(?:\/|$)/;

/**
 * Whether a path (without its query) has exactly one spelling: it begins with a slash and holds no percent-encoding, no
 * `//`, no dot segment, no `;` parameter, `\`, `#`, control or non-ASCII character. Only such a path may ever *allow* something.
 */
export function isCanonicalPath(path: string): boolean {
  return path.charCodeAt(0) === SLASH && !AMBIGUOUS.test(path);
}

const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * The path of a request target (RFC 9112 section 3.2) without its query: `/a` of `/a?b`, of `http://host/a` and of
 * `http://host/a?b`. The asterisk-form stays `*`.
 */
export function pathOfTarget(target: string): string {
  let start = 0;
  if (target.charCodeAt(0) !== SLASH) start = ABSOLUTE_FORM.exec(target)?.[0].length ?? 0;
  const query = target.indexOf('?', start);
  const path = target.slice(start, query < 0 ? undefined : query);
  return path === '' && start > 0 ? '/' : path;
}

/** The query of a request target, not decoded, without the question mark. */
export function queryOfTarget(target: string): string {
  const start = target.indexOf('?');
  return start === -1 ? '' : target.slice(start + 1);
}

/** Whether a router can look a request target up at all: it is a path, and its percent-encoding can be decoded. */
export function isRoutable(target: string): boolean {
  if (target.charCodeAt(0) !== SLASH) return ABSOLUTE_FORM.test(target);
  if (!target.includes('%')) return true;
  try {
    decodeURI(target);
    return true;
  } catch {
    return false;
  }
}

/**
 * Path prefixes that may be excluded from protection. They match whole segments, case-sensitively, and only a
 * canonical path: `/static` covers `/static` and `/static/x`, not `/staticadmin`, `/STATIC` or `/static/../admin`.
 */
export class PathPrefixes {
  /** The prefixes by the first character after their slash, which tells most requests apart from every prefix. */
  private readonly byFirst: (string[] | undefined)[] = [];
  private readonly root: boolean;

  /**
   * @param prefixes canonical paths; a slash at the end is ignored, and `/` is the root page alone
   * @throws RangeError that names a prefix which no request could match
   */
  constructor(prefixes: Iterable<string>) {
    const paths = [...prefixes].map((prefix) => {
      if (!isCanonicalPath(prefix)) {
        throw new RangeError(
          `${JSON.stringify(prefix)} can match no path: write it from the first slash, without query, ` +
            'percent-encoding, "//", dot segments, ";", "\\" or "#", such as "/static".',
        );
      }
      return prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
    });
    this.root = paths.includes('');
    for (const path of new Set(paths)) {
      if (path !== '') (this.byFirst[path.charCodeAt(1)] ??= []).push(path);
    }
  }

  /** Whether a request target (`req.url` as it arrived, with its query) lies under one of the prefixes. */
  matches(target: string): boolean {
    if (target.charCodeAt(0) !== SLASH) {
      const path = pathOfTarget(target);
      return path.charCodeAt(0) === SLASH && this.matches(path);
    }
    const first = target.charCodeAt(1);
    if (this.root && (target.length === 1 || first === QUESTION_MARK)) return true;
    const candidates = this.byFirst[first];
    if (candidates === undefined) return false;
    for (const prefix of candidates) {
      if (target.startsWith(prefix) && isBoundary(target, prefix.length)) return isCanonicalPath(pathOfTarget(target));
    }
    return false;
  }
}

function isBoundary(target: string, position: number): boolean {
  if (position === target.length) return true;
  const code = target.charCodeAt(position);
  return code === SLASH || code === QUESTION_MARK;
}
