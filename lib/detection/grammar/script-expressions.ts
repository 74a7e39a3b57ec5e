import { isIdentifier, isSpace, skipSpace, wordSet } from './characters';

/** Functions that show or run something: what an injected script calls to prove or to use itself. */
const SINKS = wordSet(`
  alert prompt confirm eval settimeout setinterval setimmediate execscript function fromcharcode importscripts atob btoa
  showmodaldialog navigate createelement insertadjacenthtml write writeln getselection print
  `);

/** Objects that a page script reads; `name(` alone is no evidence, `document.cookie` is. */
const PROPERTIES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  [
    'document',
    wordSet(
      'cookie domain location write writeln body documentelement url referrer createelement getelementbyid queryselector head defaultview forms',
    ),
  ],
  ['window', wordSet('location name open onerror alert eval opener parent top frames localstorage sessionstorage')],
  ['location', wordSet('href hash replace assign search')],
  ['self', wordSet('alert eval location name document')],
  ['top', wordSet('location alert eval document')],
  ['parent', wordSet('location alert eval document')],
  ['string', wordSet('fromcharcode')],
  ['localstorage', wordSet('getitem setitem')],
  ['navigator', wordSet('sendbeacon cookieenabled')],
]);

/** Functions that are handed over as they are: `[1].map(alert)`. */
const PROOFS = wordSet('alert confirm prompt eval');

const GLOBALS = wordSet('window self top parent frames global globalthis this document');

/** What in a text is script that touches a page, and where. */
export interface ScriptEvidence {
  readonly kind: 'sink' | 'property' | 'computed-global' | 'constructor' | 'punctuation-only' | 'assignment';
  readonly index: number;
}

/** The first piece of page script in a text, if any. Reads words once; constant look-ahead at each. */
export function findScript(text: string, lower: string): ScriptEvidence | undefined {
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (!isIdentifier(code)) {
      index++;
      continue;
    }
    let end = index + 1;
    while (end < text.length && isIdentifier(text.charCodeAt(end))) end++;
    if (end - index <= 24) {
      const evidence = judgeWord(text, lower, index, end);
      if (evidence) return evidence;
    }
    index = end;
  }
  return punctuationOnly(text);
}

function judgeWord(text: string, lower: string, start: number, end: number): ScriptEvidence | undefined {
  const word = lower.slice(start, end);
  const optional = text.charCodeAt(end) === 63 && text.charCodeAt(end + 1) === 46 && text.charCodeAt(end + 2) === 40;
  const next = optional ? end + 2 : skipComment(text, skipSpace(text, end));
  const mark = text.charCodeAt(next);
  if (
    SINKS.has(word) &&
    next - end <= 2 &&
    (mark === 40 || mark === 96) &&
    !isNamed(text, start, mark) &&
    isArgument(text, next + 1, mark, next > end)
  ) {
    return word === 'function' || word === 'print' || word === 'write' ? undefined : { kind: 'sink', index: start };
  }
  if (SINKS.has(word) && (mark === 41 || mark === 46) && callsIndirectly(text, lower, start, next))
    return { kind: 'sink', index: start };
  if (word === 'import' && mark === 40 && isQuote(text.charCodeAt(skipSpace(text, next + 1))))
    return { kind: 'sink', index: start };
  if (PROOFS.has(word) && mark === 41 && text.charCodeAt(start - 1) === 40) return { kind: 'sink', index: start };
  // Handed over before other arguments: `Reflect.apply(alert, …)`.
  if (PROOFS.has(word) && mark === 44 && text.charCodeAt(start - 1) === 40 && isIdentifier(text.charCodeAt(start - 2)))
    return { kind: 'sink', index: start };
  // Given another name, which is called: `a=alert,a(1)`.
  if (
    PROOFS.has(word) &&
    mark === 44 &&
    text.charCodeAt(start - 1) === 61 &&
    /^\s?\w{1,20}\s?[(`]/.test(text.slice(next + 1, next + 30))
  )
    return { kind: 'sink', index: start };
  const properties = PROPERTIES.get(word);
  if (properties) {
    let at = next;
    if (text.charCodeAt(at) === 63) at++;
    if (text.charCodeAt(at) === 46) {
      const property = identifierAt(lower, skipSpace(text, at + 1));
      if (properties.has(property) && text.charCodeAt(start - 1) !== 46) return { kind: 'property', index: start };
    }
  }
  if (GLOBALS.has(word)) {
    let at = next;
    if (text.charCodeAt(at) === 63 && text.charCodeAt(at + 1) === 46) at += 2;
    if (text.charCodeAt(at) === 91) {
      const inside = skipComment(text, skipSpace(text, at + 1));
      const quote = text.charCodeAt(inside);
      const close = text.indexOf(']', inside);
      const after = close > 0 && close < at + 200 ? skipSpace(text, close + 1) : -1;
      if (
        (quote === 34 || quote === 39 || quote === 96 || quote === 47) &&
        after > 0 &&
        (after >= text.length || '([`=.'.includes(text.charAt(after)))
      ) {
        return { kind: 'computed-global', index: start };
      }
    }
  }
  if (word === 'constructor' && (mark === 40 || mark === 91 || mark === 46)) {
    const inside = text.charCodeAt(skipSpace(text, next + 1));
    if (mark === 40 && (inside === 34 || inside === 39 || inside === 96)) return { kind: 'constructor', index: start };
    if (mark === 46 && lower.startsWith('constructor', next + 1)) return { kind: 'constructor', index: start };
  }
  if (word === 'location' && mark === 61 && text.charCodeAt(next + 1) !== 61) {
    const value = text.charCodeAt(skipSpace(text, next + 1));
    if ((value === 34 || value === 39 || value === 96) && lower.slice(next, next + 20).includes('script'))
      return { kind: 'assignment', index: start };
  }
  return undefined;
}

/** `` `eval` ``, `` `unsafe-eval` ``: a name in a span of code; `` `.prompt(…)` ``: a method of nothing, as change logs name it. */
function isNamed(text: string, start: number, mark: number): boolean {
  let index = start - 1;
  if (mark !== 96) return text.charCodeAt(index) === 46 && text.charCodeAt(index - 1) === 96;
  while (start - index < 32 && (isIdentifier(text.charCodeAt(index)) || '-.'.includes(text.charAt(index)))) index--;
  return text.charCodeAt(index) === 96 && isIdentifier(text.charCodeAt(index + 1));
}

/** `(alert)(1)`, `alert.call(…)`, `[alert].find`. */
function callsIndirectly(text: string, lower: string, start: number, next: number): boolean {
  if (text.charCodeAt(next) === 46) return /^(?:call|apply|bind)\s{0,3}[(`]/.test(lower.slice(next + 1, next + 12));
  const after = skipSpace(text, next + 1);
  return text.charCodeAt(start - 1) === 40 && (text.charCodeAt(after) === 40 || text.charCodeAt(after) === 96);
}

/** Prose writes `alert (see below)`; a call has a literal, a name followed by a mark, or nothing. */
function isArgument(text: string, at: number, opener: number, spaced: boolean): boolean {
  if (opener === 96) return !spaced;
  const index = skipSpace(text, at);
  const code = text.charCodeAt(index);
  if (spaced) return code === 34 || code === 39 || code === 96 || code === 47 || (code >= 48 && code <= 57);
  if (Number.isNaN(code)) return true;
  if (!isIdentifier(code)) return true;
  let end = index;
  while (end < text.length && isIdentifier(text.charCodeAt(end))) end++;
  return end >= text.length || !isSpace(text.charCodeAt(end)) || '+,)'.includes(text.charAt(skipSpace(text, end)));
}

function isQuote(code: number): boolean {
  return code === 34 || code === 39 || code === 96;
}

function identifierAt(lower: string, index: number): string {
  let end = index;
  while (end < lower.length && end - index < 32 && isIdentifier(lower.charCodeAt(end))) end++;
  return lower.slice(index, end);
}

function skipComment(text: string, index: number): number {
  if (text.charCodeAt(index) !== 47 || text.charCodeAt(index + 1) !== 42) return index;
  const close = text.indexOf('*/', index + 2);
  return close < 0 || close > index + 64 ? index : skipSpace(text, close + 2);
}

/** Programs written with `[]()!+` alone: nothing else of that shape and length occurs. */
function punctuationOnly(text: string): ScriptEvidence | undefined {
  let run = 0;
  let kinds = 0;
  for (let index = 0; index < text.length; index++) {
    const mark = '[]()!+{}$'.indexOf(text.charAt(index));
    if (mark < 0) {
      run = 0;
      kinds = 0;
      continue;
    }
    run++;
    kinds |= 1 << mark;
    if (run >= 40 && (kinds & 0b110011) === 0b110011) return { kind: 'punctuation-only', index: index - run + 1 };
  }
  return undefined;
}
