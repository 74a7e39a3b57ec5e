import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** LDAP search filters (RFC 4515): parentheses with an operator or an assertion where a plain value was expected. */
export class LdapInjectionDetector implements Detector {
  readonly name = 'ldap-injection';
  readonly category = 'ldap_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.has(CharacterClass.parenthesis) &&
      profile.has(
        CharacterClass.star |
          CharacterClass.ampersand |
          CharacterClass.pipe |
          CharacterClass.equals |
          CharacterClass.control,
      )
    );
  }

  inspect({ lower, document }: InspectedText): Finding | undefined {
    const text = lower.slice(0, 20_000);
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score: document ? Math.min(score, 3) : score,
      reason,
      index,
    });
    const filter = /\(\s?[&|!]\s?\(\s?[!&|]?\s?\(?\s?[\w.;-]{1,40}\s?(?:[~<>]?=|:)/.exec(text);
    if (filter) return finding(6, 'search filter', filter.index);
    const broken = /(?:\*|\w)\s?\){1,3}\s?\(\s?(?:\(?\s?[&|!]|[\w.;-]{1,40}(?::[\w.]{1,40}:|[~<>:])?=\s?[*\w(])/.exec(
      text,
    );
    if (broken) {
      const operator = /\(\s?[&|!]/.test(broken[0]);
      const star = text.includes('*');
      if (operator || star || /\)\s?\(\w{1,40}(?::[\w.]{1,40}:)?=/.test(broken[0]))
        return finding(operator || star ? 6 : 4, 'filter closed and continued', broken.index);
    }
    const cut = /[\w*]\){1,4}\s?\0/.exec(text);
    if (cut) return finding(6, 'filter cut by NUL', cut.index);
    const present =
      /\((?:objectclass|objectcategory|samaccountname|useraccountcontrol|userpassword|memberof|uid|cn)[~<>]?=(?:\*|\w{1,40}\*?)\)/.exec(
        text,
      );
    if (present && text.length < 80) return finding(5, 'assertion of a filter', present.index);
    const wild = /^\*\s?(?:\)|\(\s?[|&!]\s?\(?\w{1,20}=)|\)\(\s?[|&]\s?$|^\w{0,20}\*?\)\s?\(\s?[&|]/.exec(text);
    if (wild && text.length < 80)
      return finding(wild[0].length > 2 ? 6 : 3, 'filter with a wildcard closed', wild.index);
    return undefined;
  }
}

/** XPath (W3C XPath 1.0): axes, node tests and location paths behind a quote. */
export class XpathInjectionDetector implements Detector {
  readonly name = 'xpath-injection';
  readonly category = 'xml_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.hasAll(CharacterClass.slash | CharacterClass.bracket) ||
      (profile.hintsAt(Hint.xpath) &&
        profile.has(CharacterClass.slash | CharacterClass.colon) &&
        profile.has(CharacterClass.parenthesis))
    );
  }

  inspect({ lower, document }: InspectedText): Finding | undefined {
    const text = lower.slice(0, 20_000);
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score: document ? 3 : score,
      reason,
      index,
    });
    const functions =
      /(?:count|string-length|substring(?:-before|-after)?|name|local-name|contains|starts-with|ends-with|string|position|normalize-space|boolean|number|sum|exists|translate|concat|upper-case|lower-case)\s?\(\s?(?:\/{1,2}[\w*@.]|\/\w+\(|\/@|(?:child|parent|self|ancestor)::)/.exec(
        text,
      );
    if (functions) return finding(6, 'function over a location path', functions.index);
    const fetched =
      /\b(?:doc|json-doc|unparsed-text|collection)(?:-available)?\s?\(\s?['"](?:https?:|ftp:|file:|\/)/.exec(text);
    if (fetched) return finding(6, 'document fetched by a query', fetched.index);
    const axis =
      /(?:child|parent|ancestor|descendant|following|preceding|attribute|self|ancestor-or-self|descendant-or-self|following-sibling|preceding-sibling)::(?:\w+|\*|node\(|text\()/.exec(
        text,
      );
    if (axis) return finding(5, 'axis', axis.index);
    const path =
      /['"]\s?\]\s?\|?\s?(?:\/{1,2}\w|\[)|\]\s?\|\s?\/{1,2}[\w*]|\/\/[\w*]{1,30}\[\s?(?:contains|position|text|@|\w+\s?=|starts-with|last)/.exec(
        text,
      );
    if (path) return finding(5, 'location path', path.index);
    return undefined;
  }
}
