import { type CodeRule } from './code-rules';

/** What a server runs where it finds it in a page or a file: other source code in an upload is not an attack. */
export const PAGE_RULES: readonly CodeRule[] = [
  {
    reason: 'PHP block',
    pattern: /<\?(?:php\b|=|\s{0,3}(?:echo|print|system|eval|include|require|phpinfo|passthru|exec|\$_))/,
    score: 7,
    quoted: 4,
  },
  {
    reason: 'PHP superglobal',
    pattern: /\$_(?:get|post|request|cookie|server|files|session|env)(?:\s{0,2}[[{),;.&|?}]|$)|\$globals\s{0,4}[[{]/,
    score: 6,
    quoted: 3,
  },
  {
    reason: 'server-side include',
    pattern:
      /<\\?!--\s{0,8}#\s{0,4}(?:exec|include|echo|config|set|printenv|fsize|flastmod|if|elif|else|endif|odbc|email|comment|perl|block|endblock|goto|label|break|wait|inc)\b/,
    score: 7,
    quoted: 5,
  },
  {
    reason: 'edge-side include',
    pattern:
      /<\/?esi:(?:include|inline|vars|eval|debug|remove|comment|choose|when|otherwise|assign|try|attempt|except|text|foreach|function|return|break|hash_\w{1,20}|invalidate)\b|<!--esi\b/,
    score: 6,
    quoted: 5,
  },
  {
    reason: 'action of a server page',
    pattern:
      /<jsp:(?:forward|include|usebean|scriptlet|expression|declaration|directive\.\w{1,10}|plugin|setproperty|getproperty|param)\b|<c:(?:import|redirect|url|out)\b[^>]{0,200}\b(?:url|value)\s?=|<script\s{1,4}(?:language\s?=\s?["']?php|runat\s?=\s?["']?server)|<ui:include\b/,
    score: 6,
    quoted: 3,
  },
  {
    reason: 'statement of a server page',
    pattern:
      /<%\s?(?:eval|execute(?:global)?|response\.|request[\s(.]|@\s?(?:page|language|import|include)|out\.|runtime|system\.|server\.)/,
    score: 6,
    quoted: 3,
  },
];
