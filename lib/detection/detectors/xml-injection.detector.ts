import { judgeHost } from '../grammar/url-hosts';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** What a document type, an inclusion or a style sheet lets an XML processor fetch or run (XML 1.0 section 4, XInclude, XSLT). */
export class XmlInjectionDetector implements Detector {
  readonly name = 'xml-injection';
  readonly category = 'xml_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.has(CharacterClass.lessThan) &&
      (profile.hintsAt(Hint.xml) ||
        profile.hasAll(CharacterClass.greaterThan | CharacterClass.slash) ||
        profile.hasAll(CharacterClass.greaterThan | CharacterClass.bracket))
    );
  }

  inspect({ lower, document, source }: InspectedText): Finding | undefined {
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    const entity = findMark(lower, '<!entity');
    if (entity >= 0) return finding(document && !lower.includes('<!doctype') ? 3 : 7, 'entity declaration', entity);
    const doctype = findMark(lower, '<!doctype');
    if (doctype >= 0) {
      const declaration = lower.slice(doctype + 9, doctype + 400);
      const html = /^\s{0,20}(?:html|svg|math)\b/.test(declaration);
      const external = /^\s{0,20}[\w:.-]{1,80}\s{1,20}(?:system|public)\b/.test(declaration);
      const subset = /^\s{0,20}[\w:.-]{1,80}[^>[]{0,200}\[/.test(declaration);
      if (subset || (external && !html)) return finding(6, 'document type with declarations', doctype);
      if (external && !/"-\/\/w3c\/\/|about:legacy-compat/.test(declaration))
        return finding(5, 'external document type', doctype);
    }
    const include = /<\w{0,20}:?include\s[^>]{0,400}\b(?:href|parse)\s?=/.exec(lower);
    if (include && lower.includes('xinclude')) return finding(7, 'XInclude', include.index);
    const script =
      /<(?:msxsl|xalan|lxslt|xsl):(?:script|component)\b|(?:php|java|xalan|exsl|saxon|unparsed-text|document|system-property)(?::function|:runtime|:file)?\s?\(\s?['"](?:file|http|\/|xsl:|\w+['"],)|xmlns:\w+\s?=\s?["'](?:java:|clitype:|xalan:\/\/|http:\/\/(?:php\.net\/xsl|xml\.apache\.org\/x(?:alan|slt)))|<xsl:(?:include|import|result-document)\s|<(?:exsl:document|redirect:(?:write|open))\s/.exec(
        lower,
      );
    if (script && (lower.includes('xsl:') || lower.includes('/xsl')))
      return finding(document ? 5 : 6, 'code in a style sheet', script.index);
    const sheet = /<\?xml-stylesheet\s[^>]{0,300}href\s?=/.exec(lower);
    if (sheet) return finding(5, 'external style sheet', sheet.index);
    const section = lower.indexOf(']]>');
    if (section >= 0 && !document && !lower.includes('<![cdata[') && lower.includes('<', section))
      return finding(5, 'character data closed', section);
    if (!document && lower.includes('<![cdata[<]]>')) return finding(5, 'mark hidden in character data', 0);
    const closed = document ? -1 : reopened(lower);
    if (closed >= 0) return finding(5, 'element closed and opened again', closed);
    return this.schema(lower, source === 'body', finding);
  }

  /** `schemaLocation` holds pairs of a namespace and an address; a single address only makes a validator fetch it. */
  private schema(
    lower: string,
    body: boolean,
    finding: (score: number, reason: string, index: number) => Finding,
  ): Finding | undefined {
    const at = lower.indexOf(':schemalocation');
    if (at < 0) return undefined;
    const value = /^:schemalocation\s?=\s?["']([^"']{0,1000})["']/.exec(lower.slice(at, at + 1100))?.[1];
    const parts = value?.trim().split(/\s+/) ?? [];
    const inside = parts.some((part) => {
      const host = /^(?:https?|ftp):\/\/([^/?#:\s]{1,200})/.exec(part)?.[1];
      return host !== undefined && judgeHost(host) !== 'public';
    });
    if (inside) return finding(6, 'schema at an internal address', at);
    return parts.length % 2 === 1
      ? finding(6, 'schema location without a namespace', at)
      : body && parts.length > 0
        ? undefined
        : finding(5, 'schema location', at);
  }
}

/** Elements of text, which rich text splits into fragments. */
const HTML_ELEMENT =
  /^(?:p|b|i|u|s|a|em|strong|span|div|li|ul|ol|td|th|tr|table|tbody|h[1-6]|font|code|pre|br|section|article|blockquote|label|small|sub|sup|mark|body|html|script|style|title|textarea|button|option|select)$/;

/** Where a value closes an element that it did not open, and ends with that element open again: it was put inside one. */
function reopened(lower: string): number {
  const close = lower.indexOf('</');
  if (close < 0) return -1;
  const name = /^<\/([a-z_][\w.:-]{0,40})\s?>/.exec(lower.slice(close, close + 50))?.[1];
  if (name === undefined || HTML_ELEMENT.test(name) || lower.lastIndexOf(`<${name}`, close) >= 0) return -1;
  const open = lower.lastIndexOf(`<${name}>`);
  return open > close && lower.indexOf('</', open) < 0 ? close : -1;
}

/** Index of a declaration, also when blanks were put after `<`. */
function findMark(lower: string, mark: string): number {
  const at = lower.indexOf(mark);
  return at >= 0 ? at : lower.indexOf(mark.replace('<!', '< !'));
}
