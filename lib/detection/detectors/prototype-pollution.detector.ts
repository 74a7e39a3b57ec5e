import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** Names that reach an object's prototype when a merge follows them, in keys and in texts that become keys. */
export class PrototypePollutionDetector implements Detector {
  readonly name = 'prototype-pollution';
  readonly category = 'prototype_pollution' as const;

  concerns(profile: TextProfile): boolean {
    return profile.hintsAt(Hint.prototype);
  }

  inspect({ lower, isName, document }: InspectedText): Finding | undefined {
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    if (isName) {
      const proto = lower.indexOf('__proto__');
      if (proto >= 0) return finding(7, '__proto__ as a name', proto);
      const chain = /constructor\]?[.[]+["']?prototype/.exec(lower);
      return chain ? finding(7, 'constructor.prototype as a name', chain.index) : undefined;
    }
    const text = lower.slice(0, 20_000);
    const used =
      /(?:["'[.{,&?]|^)__proto__(?:["']?\s{0,4}\]?\s{0,4}[:=[]|["']?\]|\.\w)|\bconstructor["'\]]{0,2}[.[]["']?prototype["'\]]{0,2}\s{0,2}[.[=]/.exec(
        text,
      );
    return used ? finding(document ? 3 : 6, 'path to a prototype', used.index) : undefined;
  }
}
