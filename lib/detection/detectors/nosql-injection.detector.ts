import { wordSet } from '../grammar/characters';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/**
 * Query operators of MongoDB that change what a filter selects, or run code. Update operators are left out: `$set` is
 * a property of analytics events too, as `$comment` and `$type` are of JSON Schema.
 */
export const MONGO_OPERATORS = wordSet(`
  func eq ne gt gte lt lte in nin not and or nor exists regex expr where elemmatch jsonschema function accumulator mod all lookup match unionwith out
  project group merge unwind facet graphlookup collstats currentop listsessions bucket addfields replaceroot redact geonear near search
  like ilike notlike notilike notin iregexp notiregexp between notbetween startswith endswith substring
  bitsallset bitsanyset bitsallclear bitsanyclear geowithin geointersects nearsphere
  `);

/** Operators that are property names of other formats in JSON, but not between the brackets of a query string. */
const BRACKETED = wordSet('type size text options comment near');

/**
 * Operators where a value was expected (`user[$ne]=x`), the same as text, and JavaScript behind a quote for `$where`
 * and its kin.
 */
export class NosqlInjectionDetector implements Detector {
  readonly name = 'nosql-injection';
  readonly category = 'nosql_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.has(CharacterClass.dollar) ||
      (profile.has(CharacterClass.singleQuote | CharacterClass.doubleQuote | CharacterClass.semicolon) &&
        profile.has(CharacterClass.parenthesis | CharacterClass.equals | CharacterClass.brace)) ||
      profile.hasAll(CharacterClass.parenthesis | CharacterClass.brace) ||
      (profile.hintsAt(Hint.script) &&
        profile.has(CharacterClass.equals | CharacterClass.singleQuote | CharacterClass.doubleQuote)) ||
      (profile.has(CharacterClass.pipe) && !profile.has(CharacterClass.slash)) ||
      (profile.hintsAt(Hint.code | Hint.sql | Hint.script) &&
        profile.has(CharacterClass.parenthesis | CharacterClass.semicolon | CharacterClass.singleQuote))
    );
  }

  inspect({ text, lower, isName, document, source }: InspectedText): Finding | undefined {
    const finding = (score: number, reason: string, index = 0): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    if (isName) {
      // A system query option (OData 4.01, URL Conventions, section 5.1).
      if (source === 'query' && lower === '$search') return undefined;
      const name = /(?:^|[[.])\$([a-z]+)\]?$/i.exec(text)?.[1] ?? /(?:^|\[)\$([a-z]+)(?:\]|\[)/i.exec(text)?.[1];
      const bracketed = text.includes('[$') && name !== undefined && BRACKETED.has(name.toLowerCase());
      return name !== undefined && (bracketed || MONGO_OPERATORS.has(name.toLowerCase()))
        ? finding(6, `operator $${name}`)
        : undefined;
    }
    const head = lower.slice(0, 20_000);
    const operator =
      /["'{[,]\s{0,4}\$(?:ne|eq|gte?|lte?|n?in|not|nor|or|and|exists|regex|where|expr|elemmatch|function|accumulator|type|mod|all|size|comment|options)["'\]]?\s{0,4}[:\]]/.exec(
        head,
      );
    if (operator) return finding(document ? 3 : 6, 'operator in a value', operator.index);
    const property = /^\$(?:where|expr|function)\s?:/.exec(head);
    if (property) return finding(5, 'operator in a value');
    if (document) return undefined;
    const script =
      /(?:^|['"\])}\w])\s{0,4}(?:;|\|\||&&)\s{0,4}(?:this\.\w{1,40}|return\b\s{0,4}(?:['"(!{]|\w{1,40}(?:[.([]|\s{0,4}(?:[;=<>!&|+}]|$)))|(?:var|let|const)\s{1,4}\w{1,40}\s{0,4}=|do\s{0,4}\{|while\s{0,4}\(|for\s{0,4}\(\s{0,4}(?:var|let|;)|function\s{0,4}\(|sleep\s{0,4}\(\s{0,4}\d|throw\b|tojson\s{0,4}\(|db\.\w)/.exec(
        head,
      );
    const literal =
      script && /^[^a-z]{0,8}return\s{1,4}(?:true|false|!?\d{1,4})\s{0,4}(?:[;}]|$)/.test(head.slice(script.index));
    if (script && (literal || /[()=]/.test(head.slice(script.index))))
      return finding(6, 'script behind a value', script.index);
    const command =
      /^['"\s;]{0,4}db\.(?:\w{1,40}\.(?:drop|find|findone|remove|insert|update|delete|aggregate|count|mapreduce)\w{0,16}|dropdatabase|getcollection\w{0,8}|runcommand|admincommand|eval|version|stats|hostinfo|serverstatus|createuser|getusers|getname|shutdownserver|getcollection\w{0,8})\s?\(|^\s{0,4}tojson\w{0,8}\s?\(\s?(?:db|this)\b|^\s{0,4}match\s?\(\s?\w{0,10}\s?\)\s{0,4}(?:return|detach|delete)\b|['"]\s?\)?\s?union\s{1,4}(?:match|return)\b|^\s{0,4}return\s{1,4}(?:object\.\w{1,20}\s?\(|tojson\w{0,8}\s?\(|function\s?\(|!?this\b\s{0,4}[.[;])/.exec(
        head,
      );
    if (command) return finding(5, 'script as a value', command.index);
    const body = /^\s{0,4}(?:async\s{1,4})?function\s?\w{0,40}\s?\([\w\s,]{0,80}\)\s{0,4}\{/.exec(head);
    if (body && /\}\s?(?:\(\s?\))?\s?;?\s{0,4}$/.test(head.slice(-12)))
      return finding(
        /\bthis\b|\breturn\s{1,4}(?:true|false|!0|tojson)|sleep|while|\bdb\./.test(head) ? 5 : 3,
        'function as a value',
        0,
      );
    const graph =
      /\bmatch\s?\(\s?\w{0,20}\s?(?::\s?\w{1,40}\s?)?[){][^\n]{0,200}\b(?:delete|set|remove)\s{1,4}\w|['"}\])]\s{0,4}(?:match|optional\s{1,4}match|merge|unwind|foreach)\s?[([]|(?:['"}\])]|^)\s{0,4}(?:return|with)\s{1,4}[\w*.]{1,40}(?:\s{1,4}as\s{1,4}\w{1,20})?\s{1,4}(?:union|match|limit)\b|\bload\s{1,4}csv\s{1,4}(?:with\s{1,4}headers\s{1,4})?from\b|\bcall\s{1,4}(?:db|dbms|apoc)\.\w|\bdetach\s{1,4}delete\s{1,4}\w/.exec(
        head,
      );
    if (graph) return finding(5, 'statement of a graph database', graph.index);
    const other =
      /(?:^|[\s"':(])\{!(?:xmlparser|func|frange|join|parent|child|graph|boost|edismax|lucene|term|raw|prefix|collapse)\b|\bredis\.p?call\s?\(/.exec(
        head,
      );
    if (other) return finding(5, 'query parser or script of a store', other.index);
    const always =
      /^(?:true|false|1)\s?\|\|\s?\w{1,20}$|^['"]?[\w.-]{0,20}['"]?\s{0,2}\|\|\s{0,2}(?:true|this|!0|1\s{0,2}={2,3}\s{0,2}1)\b\s{0,2}(?:\/\/.{0,40}|['"|].{0,8})?$|\bobject\.keys\s?\(\s?this\b|['"]\s?\)?\}?\)?\s{0,2}return\s{1,2}[\w.*]{1,40}\s{0,2}\/\//.exec(
        head,
      );
    if (always) return finding(5, 'condition that is always true', always.index);
    const member =
      /\bthis\.\w{1,40}(?:\.(?:match|length|charat|charcodeat|substring|substr|indexof|test|startswith|endswith|includes|search|slice)\s?[([=<>]|\s{0,4}(?:===?|!==?|[<>]=?)\s{0,4}(?:['"\d]|this\.))/.exec(
        head,
      );
    if (member)
      return finding(/^['"\s]*(?:this|;|\|\||&&|\d|['"])/.test(head) ? 6 : 4, 'field of the document', member.index);
    const closing = /['"]\s{0,4}\}\s{0,4}\]?\s{0,4}\}?\s{0,4},\s{0,4}\$?\w{1,20}\s{0,4}:/.exec(head);
    return closing ? finding(5, 'object closed and continued', closing.index) : undefined;
  }
}
