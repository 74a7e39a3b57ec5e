import { CharacterClass } from '../scan/character-classes';
import { type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

const MAX_ROUNDS = 4;

/**
 * Log4j lookups (CVE-2021-44228 and its followers). Nested lookups such as `${lower:j}` and `${::-n}` are resolved first,
 * so that the spelling does not matter.
 */
export class JndiInjectionDetector implements Detector {
  readonly name = 'jndi-injection';
  readonly category = 'jndi' as const;

  concerns(profile: TextProfile): boolean {
    return profile.hasAll(CharacterClass.dollar | CharacterClass.brace | CharacterClass.colon);
  }

  inspect({ lower, document }: InspectedText): Finding | undefined {
    const start = lower.indexOf('${');
    const backslashed = lower.indexOf('$\\{');
    if (start < 0 && backslashed < 0) return undefined;
    const index = start < 0 ? backslashed : start;
    let text = lower.slice(index, index + 2000);
    const finding = (score: number, reason: string): Finding => ({ category: this.category, score, reason, index });
    // The dotless i is an I in capitals, so `${upper:ı}` spells one.
    text = text.replaceAll('ı', 'i');
    if (text.includes('\\')) text = text.replaceAll('\\', '');
    const original = text;
    let nested = 0;
    let folded = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const resolved = text.replaceAll(
        /\$\{(?:(?:lower|upper|date|base64|k8s|sys|env|main|ctx|java|map|sd|docker)?:)?([^${}:]{0,40})?(?::?:?-([^${}]{0,40}))?\}/g,
        (whole: string, value?: string, fallback?: string) => {
          if (fallback === undefined && !/^\$\{(?:lower|upper|date):/.test(whole)) return whole;
          nested++;
          if (fallback === undefined) folded++;
          return (fallback ?? value ?? '').replaceAll("'", '');
        },
      );
      // Any lookup with a default value: `${a:b:-j}`.
      const defaulted = resolved.replaceAll(/\$\{[^${}]{0,80}?:-([^${}]{0,40})\}/g, (_, value: string) => {
        nested++;
        return value;
      });
      if (defaulted === text) break;
      text = defaulted;
    }
    if (/\$\{\s{0,8}jndi\s{0,8}:/.test(text)) {
      const addressed = /jndi\s{0,8}:\s{0,8}[\w$][^\s}]{3}/.test(text);
      return finding(document ? (addressed ? 5 : 3) : 7, 'JNDI lookup');
    }
    if (/jndi\s{0,4}:\s{0,4}(?:ldaps?|rmi|dns|iiop|corba|nis|nds|http)/.test(text)) return finding(6, 'JNDI URL');
    if (nested >= 3 || folded >= 2) return finding(6, 'nested lookups');
    if (
      /\$\{(?:env|sys|java|main|ctx|docker|k8s|spring|web|bundle|log4j|base64|script|dns|url|const|file|xml|properties|resourcebundle|base64(?:decoder|encoder)|url(?:decoder|encoder)|localhost|event|marker|map|sd|date|rnd|jvmrunargs|upper|lower):[\w.${:/-]{1,80}\}?/.test(
        text + '\n' + original,
      )
    )
      return finding(
        document
          ? 2
          : /\$\{(?:script|dns|url|java|sys|const|file|xml|properties|base64(?:decoder|encoder)|url(?:decoder|encoder)):/.test(
                text,
              )
            ? 5
            : 4,
        'lookup',
      );
    return undefined;
  }
}
