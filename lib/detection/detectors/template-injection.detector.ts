import { isWord, wordSet } from '../grammar/characters';
import { CharacterClass } from '../scan/character-classes';
import { type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText, stronger } from './detector';

/** Opening and closing marks of template languages. */
const DELIMITERS: readonly (readonly [string, string])[] = [
  ['{{', '}}'],
  ['${', '}'],
  ['#{', '}'],
  ['*{', '}'],
  ['@{', '}'],
  ['~{', '}'],
  ['%{', '}'],
  ['<%', '%>'],
  ['{%', '%}'],
  ['{!', '!}'],
  ['[[', ']]'],
  ['[(', ')]'],
  ['[%', '%]'],
  ['[=', ']'],
  ['{=', '}'],
  ['@(', ')'],
  ['{', '}'],
];

/** Objects that engines hand to every template. */
const GLOBALS = wordSet(
  'self config request session settings application app lipsum cycler joiner namespace url_for get_flashed_messages g _self dump environ class this constructor global process smarty runtime t execution pagecontext requestscope sessionscope applicationscope beans _context debug facescontext externalcontext environment systemproperties systemenvironment applicationcontext servletcontext handler @root',
);
const TAGS =
  /^%-?\s{0,8}(?:debug|import|include|set|macro|load|exec|extends|from|raw|filter|call|python|csrf_token|ssi|php|autoescape|lorem|now|sandbox|embed|apply|do|widthratio|templatetag|cycle|firstof|regroup|print|with\s{1,4}\w{1,20}\s?=)/;
const MAX_EXPRESSIONS = 60;

/** Expressions between template delimiters. A placeholder such as `{{ name }}` is text; arithmetic and calls are programs. */
export class TemplateInjectionDetector implements Detector {
  readonly name = 'template-injection';
  readonly category = 'template_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.has(CharacterClass.brace) ||
      profile.hasAll(CharacterClass.lessThan | CharacterClass.percent) ||
      profile.hasAll(CharacterClass.lessThan | CharacterClass.hash) ||
      profile.hasAll(CharacterClass.hash | CharacterClass.parenthesis) ||
      profile.hasAll(CharacterClass.at | CharacterClass.parenthesis) ||
      profile.hasAll(CharacterClass.at | CharacterClass.dot | CharacterClass.parenthesis) ||
      (profile.hasAll(CharacterClass.dollar | CharacterClass.dot) && profile.has(CharacterClass.parenthesis)) ||
      profile.hasAll(CharacterClass.hash | CharacterClass.bracket) ||
      profile.hasAll(CharacterClass.bracket | CharacterClass.star | CharacterClass.digit)
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    let found = this.directives(input);
    let seen = 0;
    for (const [open, close] of DELIMITERS) {
      let at = input.text.indexOf(open);
      while (at >= 0 && seen < MAX_EXPRESSIONS) {
        seen++;
        const start = at + open.length;
        const end = Math.min(closing(input.text, start, close), start + 1000);
        found = stronger(found, this.expression(input, open, at, input.text.slice(start, end)));
        at = input.text.indexOf(open, start);
      }
    }
    return found;
  }

  private expression(input: InspectedText, open: string, index: number, raw: string): Finding | undefined {
    const body = raw.trim();
    const lower = body.toLowerCase();
    const finding = (score: number, reason: string): Finding => ({ category: this.category, score, reason, index });
    if (body === '') return undefined;
    const weight = open === '{' || open === '@(' ? -2 : input.document ? -3 : 0;
    if (isArithmetic(body))
      return open === '@(' || (open === '{' && !/^\d+\*\d+$/.test(body))
        ? finding(input.text.length < 16 && open === '@(' ? 5 : 0, 'arithmetic')
        : finding(Math.max(3, 6 + weight), 'arithmetic in a template');
    if (open === '{' || open === '@(') return undefined;
    if (
      /__\w+__|\.mro\b|subclasses\(|\battr\(|getclass\(|forname\(|\bclass\.|\.constructor|\bruntime\b|\.exec\(|\bpopen\b|\bsystem\(|processbuilder|freemarker|classloader/.test(
        lower,
      )
    ) {
      return finding(input.document ? 4 : 7, 'introspection in a template');
    }
    if (open === '<%' && /^[\w.]{1,60}$/.test(body)) return finding(2, 'placeholder');
    // `C<%name>` closes nothing that a server page opens.
    const loose = open === '<%' && !/^[=@#-]\s?\w/.test(body) && !/%>|\{\{/.test(input.text);
    if (open === '<%') return finding(input.document || loose ? 3 : 6, 'server page expression');
    if (open === '{%' && body.startsWith('=') && (isArithmetic(body.slice(1).trim()) || /\w\s?\(/.test(body)))
      return finding(Math.max(2, 6 + weight), 'printed expression');
    // A condition on literals, a loop over a literal: what a probe writes that knows no variable.
    if (
      open === '{%' &&
      /^-?\s?(?:(?:els)?if\s{1,4}(?:not\s{1,4})?(?:["'\d(]|true\b|false\b|\w{1,40}\.__|[\w.]{1,60}\()|for\s{1,4}\w{1,20}(?:\s?,\s?\w{1,20})?\s{1,4}in\s{1,4}(?:[[("']|range\b|dict\b|\(|[\w.]{0,60}\())/.test(
        lower,
      )
    )
      return finding(input.document ? 2 : 5, 'statement on literals');
    if (open === '{%')
      return TAGS.test(`%${lower.replace(/^-/, '')}`) ? finding(input.document ? 2 : 5, 'template tag') : undefined;
    const root = /^[$@#]?[a-z_]\w*/.exec(lower)?.[0] ?? '';
    const call = /[\w\])]\s?\(/.test(body);
    if ((open === '[[' || open === '[(') && /^[$*#@~]\{/.test(body))
      return finding(Math.max(2, 5 + weight), 'inlined expression');
    if (open === '[(' || open === '[=' || open === '[%') return undefined;
    if (open === '[[') return call && /\$\{|\(/.test(body) ? finding(3, 'expression') : undefined;
    if (open === '#{' && /^(?:ENV|Rails|Kernel|File|Dir|IO|ObjectSpace|Process|RUBY_\w{1,20})\b/.test(body))
      return finding(Math.max(2, 5 + weight), 'constant of Ruby');
    if (open === '{{' && /^(?:root|global|globalthis|window|self)\.process\b|^process\.\w/.test(lower))
      return finding(Math.max(2, 5 + weight), 'process in a template');
    if (GLOBALS.has(root) && (call || /[.[]/.test(body)))
      return finding(Math.max(2, (call ? 6 : 4) + weight), `use of ${root}`);
    if (GLOBALS.has(root) && lower === root)
      return finding(input.text.trim().length <= raw.length + open.length * 2 ? 5 : 2, `use of ${root}`);
    if (/\?(?:new|api|eval|lower_abc|upper_abc|interpret|c)\b/.test(lower)) return finding(6, 'built-in of FreeMarker');
    if (/\bt\([\w.$]+\)|new\s+[\w.]+\(|@[\w.]+@/.test(lower)) return finding(6, 'type reference in an expression');
    if (/^['"[(]/.test(body) && /['"\])]\s?[.|*[(]/.test(body))
      return finding(Math.max(2, 6 + weight), 'method of a literal');
    if (/^['"`]?<(?:script|img|svg)/.test(lower.replace(/^['"]\s?/, ''))) return finding(5, 'markup in a template');
    if (/^#with\b|^(?:lookup|this\.\w{1,40}\s?[(\w])/.test(lower) && open === '{{')
      return finding(input.document ? 2 : 5, 'block helper');
    // Special variables and built-ins of FreeMarker, a filter on a number, an operator of Go's templates, an assignment.
    if (
      (open === '${' &&
        /^(?:\.(?:data_model|main|globals|locals|vars|version|template_name|namespace|lang|current_\w{1,30}|caller_\w{1,30}|error|output_\w{1,20})\b|["'][^"']{0,40}["']\s?\?\w|\w{1,30}\?(?:keys|values|size|api)\b|#(?:ctx|root|vars|session|request|execution|httpservlet\w{0,20})\b)/.test(
          lower,
        )) ||
      (open === '{{' &&
        /^(?:\d{1,12}\s?\|\s?\w|(?:or|and|not|len|add|mul|index|eq|ne|lt|gt|le|ge|print|println)\s{1,4}[\d"'(]|env\s{1,4}["']|readfile\s|file\s{1,4}["'])/.test(
          lower,
        ))
    )
      return finding(Math.max(2, 5 + weight), 'expression on literals');
    // Actions of Go's templates with an argument.
    if (
      open === '{{' &&
      /^(?:\.[a-z]\w{0,40}|-?\s?(?:define|template|block|call|printf|print|println|urlquery|html|js|index|slice|len|eq|ne))\s{1,4}["`$.]/.test(
        lower,
      )
    )
      return finding(Math.max(2, 5 + weight), 'action with an argument');
    if (
      /^(?:range|php|system|passthru|range\.|include|import|require|print|printf|eval|exec)\b/.test(lower) &&
      (call || open === '{{')
    )
      return finding(Math.max(3, 6 + weight), 'function in a template');
    if (call && open === '{{') return finding(Math.max(2, 5 + weight), 'call in a template');
    if (call && /^\w+\([\w., ]*\)$/.test(body) && open === '${') return finding(3, 'function in a template');
    if (call && (open === '${' || open === '#{' || open === '*{' || open === '~{'))
      return finding(Math.max(2, (input.text.trim().startsWith(open) ? 5 : 4) + weight), 'call in a template');
    return undefined;
  }

  /** Velocity, FreeMarker, Razor and Smarty statements outside delimiters. */
  private directives({ lower, document }: InspectedText): Finding | undefined {
    const found =
      /#(?:set|foreach|parse|include|evaluate|macro|define)\s{0,4}\(\s{0,4}[$"'\w]|#(?:else)?if\s{0,4}\(\s{0,4}[$"'\d][^\n]{0,80}#end|^\s{0,4}\$!?\{?(?:class|context|request|response|session|application|velocity\w{0,10}|link|esc|params?|page|convert|field|import|loop|renderer)\b\.\w{1,40}|^\s{0,4}@\(?(?:html|system|request|viewbag|viewdata|datetime|environment|server|httpcontext|configuration|model\.gettype|this\.gettype)[.(][a-z)]|\{(?:eval|fetch|include_php|insert|include)\s{1,4}(?:var|file|name)\s?=|[<[]#(?:assign|include|import|function|list|macro|if|ftl)\b|@(?:using|model|inject|functions|code)\s+[\w{]|\{\$smarty[.\s}]|\{(?:php|literal|smarty\.|system|math equation)[\s}(.]|\{[a-z]{2,12}:[a-z]+\s[^{}]{0,80}runphp|@\{\s{0,4}(?:system|var|int|string)\b/.exec(
        lower.slice(0, 20_000),
      );
    if (!found) return undefined;
    return { category: this.category, score: document ? 3 : 6, reason: 'template directive', index: found.index };
  }
}

/** `7*7`, `1+1`, `'7'*7`: numbers and operators alone, with at least one operator between two operands. */
function isArithmetic(text: string): boolean {
  if (text.length > 60 || text.length < 3) return false;
  let operands = 0;
  let operators = 0;
  let inside = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (isWord(code) || code === 46) {
      if (!(code >= 48 && code <= 57) && code !== 46) return false;
      if (!inside) operands++;
      inside = true;
    } else {
      inside = false;
      const character = text.charAt(index);
      if ('+-*/%'.includes(character)) operators++;
      else if (!' \'"()'.includes(character)) return false;
    }
  }
  return operands >= 2 && operators >= 1 && !/^\d+\s?-\s?\d+$/.test(text) && !/^\d+\/\d+$/.test(text);
}

/** The matching close for `{`-like delimiters, counting nested braces; the text's end when there is none. */
function closing(text: string, start: number, close: string): number {
  if (close !== '}') {
    const at = text.slice(start, start + 1000).indexOf(close);
    return at < 0 ? Math.min(text.length, start + 1000) : start + at;
  }
  let depth = 0;
  const limit = Math.min(text.length, start + 1000);
  for (let index = start; index < limit; index++) {
    const code = text.charCodeAt(index);
    if (code === 123) depth++;
    else if (code === 125 && depth-- === 0) return index;
  }
  return limit;
}
