/** What {@link readSyntax} finds in the source of a regular expression. */
export interface PatternSyntax {
  /** The same pattern with numbered instead of named groups, which the analyser cannot read. */
  readonly source: string;
  /** A look-around that searches on without bound (`(?!.*x)`) occurs. */
  readonly searchingLookaround: boolean;
  /** Such a look-around is entered again for every step of a repetition, as in `(?:a(?!.*x))*` or `.*(?=.*x)`. */
  readonly repeatedSearch: boolean;
}

/** A repetition up to this many times is not counted as a search. */
const BOUNDED = 32;

const QUANTIFIER = /(?:[*+]|\?|\{(\d+)(,(\d*))?\})\??/y;
const GROUP_OPENING = /\((?:\?(?:<([^=!>][^>]*)>|(<?[=!])|[^:]*?:))?/y;
const CLASS = /\[(?:[^\]\\]|\\[^])*\]/y;
const ESCAPE = /\\(?:k<([^>]+)>|[^])/y;

interface Group {
  readonly lookaround: boolean;
  /** Holds, so far, a repetition without bound outside of its look-arounds, which the engine never re-enters. */
  repeats: boolean;
  searches: boolean;
}

/** Reads the parts of a valid pattern that bear on its cost and that the analyser leaves out. */
export function readSyntax(source: string): PatternSyntax {
  const names = groupNames(source);
  const open: Group[] = [{ lookaround: false, repeats: false, searches: false }];
  let plain = '';
  let repeatedSearch = false;
  let at = 0;
  const take = (token: RegExp): RegExpExecArray | null => {
    token.lastIndex = at;
    const match = token.exec(source);
    if (match !== null) at = token.lastIndex;
    return match;
  };
  while (at < source.length) {
    const group = open.at(-1)!;
    let match: RegExpExecArray | null;
    if ((match = take(ESCAPE))) {
      plain += match[1] === undefined ? match[0] : `(?:\\${names.indexOf(match[1]) + 1})`;
    } else if ((match = take(CLASS))) {
      plain += match[0];
    } else if ((match = take(GROUP_OPENING))) {
      plain += match[1] === undefined ? match[0] : '(';
      open.push({ lookaround: match[2] !== undefined, repeats: false, searches: false });
      continue;
    } else if (source[at] === ')') {
      plain += source[at++]!;
      open.pop();
      const parent = open.at(-1)!;
      if (group.lookaround && group.repeats) {
        group.searches = true;
        if (open.some((outer) => outer.repeats)) repeatedSearch = true;
      }
      if (!group.lookaround && group.repeats) parent.repeats = true;
      if (group.searches) parent.searches = true;
    } else {
      plain += source[at++]!;
    }
    const quantifier = take(QUANTIFIER);
    if (quantifier === null) continue;
    plain += quantifier[0];
    if (!isUnbounded(quantifier)) continue;
    open.at(-1)!.repeats = true;
    if (source[at - quantifier[0].length - 1] === ')' && group.searches) repeatedSearch = true;
  }
  return { source: plain, searchingLookaround: open[0]!.searches, repeatedSearch };
}

/** The names of the capturing groups in order, `undefined` for those without. */
function groupNames(source: string): (string | undefined)[] {
  const names: (string | undefined)[] = [];
  for (const [token, name] of source.matchAll(/\\[^]|\[(?:[^\]\\]|\\[^])*\]|\((?:\?(?:<([^=!>][^>]*)>)?)?/g)) {
    if (token === '(' || name !== undefined) names.push(name);
  }
  return names;
}

function isUnbounded([token, least, range, most]: RegExpExecArray): boolean {
  if (token.startsWith('*') || token.startsWith('+')) return true;
  if (least === undefined) return false;
  if (range === undefined) return Number(least) > BOUNDED;
  return most === '' || Number(most) > BOUNDED;
}
