import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** LDAP search filters (RFC 4515): parentheses with an operator or an assertion where a plain value was expected. */
export class LdapInjectionDetector implements Detector {
  readonly name = 'ldap-injection';
  readonly category = 'ldap_injection' as const;

  concerns(profile: TextProfile): boolean {
    if (profile.hasAll(CharacterClass.backslash | CharacterClass.digit)) return true;
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
    const text = unescapeFilter(lower.slice(0, 20_000));
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score: document ? Math.min(score, 3) : score,
      reason,
      index,
    });
    const filter = /\(\s?[&|!]\s?\(\s?[!&|]?\s?\(?\s?[\w.;-]{1,40}\s?(?:[~<>]?=|:)/.exec(text);
    if (filter) return finding(6, 'search filter', filter.index);
    const broken =
      /(?:\*|\w|^)\s?\){1,3}\s?\(\s?(?:\(?\s?[&|!]|[\w.;-]{1,40}(?::[\w.]{1,40}:|[~<>:])?=\s?[*\w(/{])/.exec(text);
    if (broken) {
      const operator = /\(\s?[&|!]/.test(broken[0]);
      const star = text.includes('*');
      if (operator || star) return finding(6, 'filter closed and continued', broken.index);
      // `(a=1)(b=2)` opens what it closes; what was put into a filter closes what the filter opened.
      if (!text.slice(0, broken.index + 1).includes('('))
        return finding(4, 'filter closed and continued', broken.index);
    }
    const cut = /[\w*]\){1,4}\s?\0/.exec(text);
    if (cut) return finding(6, 'filter cut by NUL', cut.index);
    const present =
      /\((?:objectclass|objectcategory|samaccountname|useraccountcontrol|userprincipalname|userpassword|memberof|uid|cn|gidnumber|uidnumber|homedirectory|loginshell|givenname|telephonenumber|employeenumber)(?::[\w.]{1,40}:|[~<>])?=(?:\*|[\w,=. {}/-]{1,80}\*?)\)/.exec(
        text,
      );
    if (present && text.length < 120 && !/[a-z]{2,20}\s$/.test(text.slice(0, present.index)))
      return finding(5, 'assertion of a filter', present.index);
    // Nothing but the marks of filters, as fuzzers send them.
    if (/^[*()|&!]{4,20}['"]?$/.test(text) && /\*/.test(text) && /[()]/.test(text) && /[|&]/.test(text))
      return finding(5, 'marks of a filter', 0);
    if (/^\*\){2,4}$|^\(\s?[&|]\s?\($|^\)\s?\([&|]\s?\(?$/.test(text.trim())) return finding(5, 'filter broken off', 0);
    const wild = /^\*\s?(?:\)|\(\s?[|&!]\s?\(?\w{1,20}=)|\)\(\s?[|&]\s?$|^\w{0,20}\*?\)\s?\(\s?[&|]/.exec(text);
    if (wild && text.length < 80)
      return finding(wild[0].length > 2 ? 6 : 3, 'filter with a wildcard closed', wild.index);
    return undefined;
  }
}

/** Elements of pages that scrapers, test scripts and editors select. */
const PAGE_ELEMENT =
  '(?:\\*|html|head|body|div|span|p|a|ul|ol|li|table|thead|tbody|tr|td|th|h[1-6]|input|button|form|label|select|option|textarea|img|svg|section|article|main|nav|header|footer|iframe|meta|link|title|strong|em|b|i|time|dl|dt|dd)';
const PAGE_PREDICATE =
  '\\[(?:\\d{1,4}|(?:contains|starts-with)\\((?:@[\\w-]{1,30}|text\\(\\)|\\.),\\s?(?:\'[^\'\\n]{0,80}\'|"[^"\\n]{0,80}")\\)|(?:@[\\w-]{1,30}|text\\(\\))\\s?=\\s?(?:\'[^\'\\n]{0,80}\'|"[^"\\n]{0,80}"))\\]';
const PAGE_SELECTOR = new RegExp(
  `^(?:\\/{1,2}${PAGE_ELEMENT}(?:${PAGE_PREDICATE}){0,3}){1,20}(?:\\/@[\\w-]{1,30}|\\/text\\(\\))?$`,
);

/** `//div[@class='price']/span[1]`: a path through the elements of a page, each predicate closed. */
function isPageSelector(text: string): boolean {
  return text.length < 400 && text.startsWith('/') && PAGE_SELECTOR.test(text.trim());
}

/** `\28`: how filters spell their own marks (RFC 4515, section 3). A value with several of them is read as they are. */
function unescapeFilter(text: string): string {
  if (!text.includes('\\')) return text;
  const marks: Readonly<Record<string, string>> = {
    '28': '(',
    '29': ')',
    '2a': '*',
    '26': '&',
    '7c': '|',
    '21': '!',
    '3d': '=',
  };
  let seen = 0;
  const plain = text.replaceAll(/\\(28|29|2a|26|7c|21|3d)/g, (_, code: string) => {
    seen++;
    return marks[code] ?? '';
  });
  return seen >= 2 ? plain.replaceAll('\\00', '\0') : text;
}

/** XPath (W3C XPath 1.0): axes, node tests and location paths behind a quote. */
export class XpathInjectionDetector implements Detector {
  readonly name = 'xpath-injection';
  readonly category = 'xml_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.hasAll(CharacterClass.slash | CharacterClass.bracket) ||
      profile.hasAll(CharacterClass.slash | CharacterClass.star) ||
      (profile.hasAll(CharacterClass.slash | CharacterClass.blank) &&
        profile.has(CharacterClass.singleQuote | CharacterClass.doubleQuote)) ||
      (profile.hintsAt(Hint.xpath) && profile.has(CharacterClass.slash | CharacterClass.colon))
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
      /(?:count|string-length|substring(?:-before|-after)?|name|local-name|contains|starts-with|ends-with|string|position|normalize-space|boolean|number|sum|exists|translate|concat|upper-case|lower-case|not|data|max|min|empty|root|id)\s?\(\s?(?:\/{1,2}[\w*@.]|\/\w+\(|\/@|(?:child|parent|self|ancestor)::)/.exec(
        text,
      );
    if (functions) return finding(6, 'function over a location path', functions.index);
    const fetched =
      /\b(?:doc|json-doc|unparsed-text|collection)(?:-available)?\s?\(\s?['"](?:https?:|ftp:|file:|\/)/.exec(text);
    if (fetched) return finding(6, 'document fetched by a query', fetched.index);
    const axis =
      /(?:^|[/[(|'"=,]\s{0,2}|\b(?:or|and|not|in|return)\s{1,2})(?:child|parent|ancestor|descendant|following|preceding|attribute|self|ancestor-or-self|descendant-or-self|following-sibling|preceding-sibling)::(?:\w+|\*|node\(|text\()/.exec(
        text,
      );
    if (axis) return finding(5, 'axis', axis.index);
    const path =
      /['"]\s?\]\s?\|?\s?(?:\/{1,2}\w|\[)|\]\s?\|\s?\/{1,2}[\w*]|\/\/[\w*]{1,30}\[\s?(?:contains|position|text|@|\w+\s?=|starts-with|last)/.exec(
        text,
      );
    if (path && !isPageSelector(text)) return finding(5, 'location path', path.index);
    const operand =
      /['"\])]\s{0,4}(?:\bor|\band|\||=|\beq)\s{0,4}(?:not\s?\()?\s?\/{1,2}(?:\w{1,40}:)?[a-z*@][\w.-]{0,40}\s{0,2}(?:[/[=|)]|$|(?:or|and)\b)/.exec(
        text,
      );
    if (operand) return finding(5, 'location path as an operand', operand.index);
    const position =
      /['"]\s{0,4}(?:or|and)\s{1,4}(?:position|last|name|local-name|namespace-uri|text|node)\s?\(\s?\)/.exec(text);
    if (position) return finding(5, 'function of a query after a quote', position.index);
    if (text.includes('[@') && isPageSelector(text)) return undefined;
    return /^(?:\/{1,2}\*){2,8}$|^\/\/\*$|^\/{1,2}\*\[|^\.\.\/\/[\w*]/.test(text.trim())
      ? finding(5, 'location path', 0)
      : undefined;
  }
}
