/** Names with `*` wildcards, compared without case. */
export class NamePatterns {
  private readonly exact = new Set<string>();
  private readonly wild: string[] = [];

  constructor(patterns: readonly string[] = []) {
    for (const pattern of patterns) {
      const folded = pattern.toLowerCase();
      if (folded.includes('*')) this.wild.push(folded);
      else this.exact.add(folded);
    }
  }

  get empty(): boolean {
    return this.exact.size === 0 && this.wild.length === 0;
  }

  matches(name: string): boolean {
    if (this.empty) return false;
    const folded = name.toLowerCase();
    return this.exact.has(folded) || this.wild.some((pattern) => matchesGlob(pattern, folded));
  }

  /** The same for a name in a query or form, where parsers make a list `tags` of `tags[]` and `tags[0]`. */
  matchesParameter(name: string): boolean {
    if (this.empty) return false;
    return this.matches(name) || (name.includes('[') && this.matches(name.replace(/\[\d*\]/g, '')));
  }
}

/** Greedy matching with one remembered star: no recursion, at most pattern × name steps. */
function matchesGlob(pattern: string, name: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < name.length) {
    if (at < pattern.length && pattern[at] === '*') {
      star = at++;
      resume = index;
    } else if (at < pattern.length && pattern[at] === name[index]) {
      at++;
      index++;
    } else if (star >= 0) {
      at = star + 1;
      index = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
