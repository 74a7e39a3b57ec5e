import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** Names that reach an object's prototype when a merge follows them, in keys and in texts that become keys. */
export class PrototypePollutionDetector implements Detector {
  readonly name = 'prototype-pollution';
  readonly category = 'prototype_pollution' as const;

  concerns(profile: TextProfile): boolean {
    return profile.hintsAt(Hint.prototype);
  }

  inspect({ lower, name, source, isName, document }: InspectedText): Finding | undefined {
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    if (isName) {
      const proto = lower.indexOf('__proto__');
      if (proto >= 0) return finding(7, '__proto__ as a name', proto);
      if (/^__(?:define|lookup)[gs]etter__$/.test(lower)) return finding(5, 'accessor of a prototype as a name', 0);
      const name = lower.replace('constructor', '').includes('constructor') ? lower.replace('constructor', '') : lower;
      const chain = /constructor\]?[.[]+["']?prototype/.exec(name);
      return chain ? finding(7, 'constructor.prototype as a name', chain.index) : undefined;
    }
    const text = lower.slice(0, 20_000);
    const used =
      /(?:["'[.{,&?/]|^)__proto__(?:["']?\s{0,4}\]?\s{0,4}[:=[]|["']?\]|\\?\.\w|\/\w)|\bconstructor["'\]]{0,2}[.[]["']?prototype["'\]]{0,2}\s{0,2}[.[=]/.exec(
        text,
      );
    if (used) return finding(document ? 3 : 6, 'path to a prototype', used.index);
    if (document) return undefined;
    if (/^[\w.[\]]{0,60}\bconstructor(?:\.|\]\[)["']?prototype["']?\]?$|^#?\/(?:[\w~/]{0,60}\/)?__proto__$/.test(text))
      return finding(4, 'path to a prototype', 0);
    // JSON Patch (RFC 6902) addresses members by pointers.
    if (
      (name === 'path' || name === 'from' || source === 'path') &&
      /^\/(?:[^\s]{1,200}\/)?constructor\/prototype(?:\/|$)/.test(text)
    )
      return finding(6, 'pointer to a prototype', 0);
    if (/^(?:__proto__|__(?:define|lookup)[gs]etter__)$/.test(text)) return finding(4, 'name of a prototype', 0);
    const changed =
      /\bobject\.prototype(?:\.\w{1,40}|\[[^\]]{1,40}\])\s{0,4}=[^=]|__(?:define|lookup)[gs]etter__["'\]]{0,2}\s{0,4}\(/.exec(
        text,
      );
    return changed ? finding(5, 'change of a prototype', changed.index) : undefined;
  }
}
