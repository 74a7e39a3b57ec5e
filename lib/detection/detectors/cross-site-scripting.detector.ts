import { isLetter, isSpace, skipSpace, wordSet } from '../grammar/characters';
import { type HtmlTag, htmlTags } from '../grammar/html-tags';
import { EMBEDDED, isFollowedByWords, isMentioned } from '../grammar/page-mentions';
import { findScript } from '../grammar/script-expressions';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText, stronger } from './detector';

/** Elements that load or run something by themselves. */
const ACTIVE = wordSet(
  'script iframe frame frameset object embed applet base portal fencedframe xss isindex layer ilayer bgsound',
);
/** Attributes that take a URL. */
const URL_ATTRIBUTES = wordSet(
  'href src action formaction data background poster xlink:href srcdoc from to values lowsrc dynsrc codebase cite profile classid longdesc usemap manifest folder size content ping srcset code',
);
const SCRIPT_SCHEMES = ['javascript:', 'vbscript:', 'livescript:', 'jscript:', 'mocha:'];

/**
 * Looks at a value the way a browser would after it was written into a page: as tags, as the rest of an attribute that
 * a quote closes, as a URL, or as the rest of a script.
 */
export class CrossSiteScriptingDetector implements Detector {
  readonly name = 'cross-site-scripting';
  readonly category = 'xss' as const;

  concerns(profile: TextProfile): boolean {
    if (profile.has(CharacterClass.lessThan)) return true;
    if (
      profile.has(CharacterClass.equals) &&
      profile.has(CharacterClass.singleQuote | CharacterClass.doubleQuote | CharacterClass.blank | CharacterClass.slash)
    )
      return true;
    if (
      profile.hintsAt(Hint.script | Hint.markup) &&
      profile.has(CharacterClass.parenthesis | CharacterClass.backtick | CharacterClass.colon | CharacterClass.bracket)
    )
      return true;
    if (
      profile.hasAll(CharacterClass.parenthesis | CharacterClass.semicolon) &&
      profile.has(CharacterClass.singleQuote | CharacterClass.doubleQuote)
    )
      return true;
    return profile.hasAll(CharacterClass.parenthesis | CharacterClass.bracket);
  }

  inspect(input: InspectedText): Finding | undefined {
    return [
      this.tags(input),
      this.breakOut(input),
      this.statement(input),
      this.handler(input),
      this.scheme(input),
      this.script(input),
    ].reduce(stronger, undefined);
  }

  private tags(input: InspectedText): Finding | undefined {
    if (!input.profile.has(CharacterClass.lessThan)) return undefined;
    let found: Finding | undefined;
    for (const tag of htmlTags(input.text)) {
      found = stronger(found, this.tag(tag, input));
      if (found && found.score >= 7) break;
    }
    return found;
  }

  private tag(tag: HtmlTag, input: InspectedText): Finding | undefined {
    const finding = (score: number, reason: string): Finding => ({ category: 'xss', score, reason, index: tag.start });
    for (const attribute of tag.attributes) {
      if (isHandlerName(attribute.name) && !tag.closing)
        return finding(
          input.document && attribute.value.startsWith('{') ? 3 : 7,
          `event handler ${attribute.name} in <${tag.name}>`,
        );
      const value = compact(attribute.value);
      const url = URL_ATTRIBUTES.has(attribute.name) || attribute.name.endsWith(':href');
      if (SCRIPT_SCHEMES.some((scheme) => value.includes(scheme)) && (url || value.startsWith('javascript:'))) {
        return finding(7, `script URL in ${attribute.name} of <${tag.name}>`);
      }
      if (
        url &&
        /^data:(?:text\/html|text\/xml|image\/svg|application\/x|text\/javascript|,)/.test(value) &&
        tag.name !== 'img'
      ) {
        return finding(6, `data URL in ${attribute.name} of <${tag.name}>`);
      }
      if (attribute.name === 'style' && isActiveStyle(value)) return finding(6, 'script in a style');
      if (attribute.name === 'attributename' && (isHandlerName(value) || /^(?:xlink:)?href$/.test(value)))
        return finding(6, `animated ${value}`);
      if (attribute.name === 'srcdoc') return finding(6, 'srcdoc');
    }
    if (tag.closing)
      return tag.name === 'script' || tag.name === 'textarea' || tag.name === 'noscript'
        ? finding(tag.name === 'script' ? 5 : 3, `closing ${tag.name}`)
        : undefined;
    const names = (wanted: string): string | undefined =>
      tag.attributes.find((attribute) => attribute.name === wanted)?.value;
    // A sentence about the tag names it; a script has an end or an address.
    const named = tag.name === 'script' && tag.attributes.length === 0 && !/<\/script/i.test(input.text);
    if (named && (input.document || isFollowedByWords(input.text, tag.end))) return finding(3, 'script element');
    if (tag.name.startsWith('script') && !/^script(?:name|s|ing|able|let|ures?)$/.test(tag.name))
      return finding(tag.name === 'script' || tag.closed ? 7 : 4, 'script element');
    if (/^[a-z]+:script$/.test(tag.name)) return finding(7, 'script element');
    // `Map<Object data>`: a type of a program has no attribute with a value.
    if (
      /^(?:object|base|layer|frame|portal)$/.test(tag.name) &&
      tag.closed &&
      !tag.attributes.some(({ value }) => value !== '')
    )
      return finding(3, `<${tag.name}>`);
    if (ACTIVE.has(tag.name)) {
      const external = /^(?:https:)?\/\//.test(names('src') ?? '');
      if (tag.name === 'iframe' && external && (input.document || EMBEDDED.test(names('src') ?? '')))
        return finding(2, 'iframe');
      if (tag.attributes.length > 0 || !input.document) return finding(6, `<${tag.name}>`);
    }
    if (tag.name === 'meta' && names('http-equiv') !== undefined) {
      return /^(?:refresh|set-cookie|link)$/i.test(names('http-equiv') ?? '')
        ? finding(6, 'meta http-equiv')
        : finding(3, 'meta http-equiv');
    }
    if (tag.name === 'link' && /stylesheet|import|preload/i.test(names('rel') ?? ''))
      return finding(5, 'external style sheet');
    if (tag.name === 'svg' && !input.document && (tag.attributes.length > 0 || input.text.length < 200))
      return finding(3, 'svg element');
    if (tag.name === 'form' && names('action') !== undefined && !input.document) return finding(4, 'form');
    if (tag.name.startsWith('?import') || tag.name.startsWith('!entity'))
      return finding(input.document ? 3 : 6, `<${tag.name}>`);
    if (tag.name === 'style' || tag.name === 'xml') {
      const body = compact(input.text.slice(tag.end, tag.end + 2000));
      if (isActiveStyle(body)) return finding(6, 'active style sheet');
    }
    return undefined;
  }

  /** `"><b>`: an attribute that the value did not open is closed, and a tag begins. */
  private breakOut({ text, document }: InspectedText): Finding | undefined {
    if (document) return undefined;
    const closing = /["']\s{0,4}\/?>\s{0,4}<[a-z!/]/i.exec(text.slice(0, 400));
    if (!closing || text.slice(0, closing.index).includes('<')) return undefined;
    return { category: 'xss', score: 5, reason: 'attribute closed, tag opened', index: closing.index };
  }

  /** `';go();//`: a string of a script is closed, a statement follows, and the rest is hidden or opened again. */
  private statement({ text, document }: InspectedText): Finding | undefined {
    if (document || text.length > 2000) return undefined;
    const tail = text.trimEnd();
    if (!/(?:\/\/|[;,+*-]\s{0,4}(?:['"`]|\{))$/.test(tail.slice(-8))) return undefined;
    const closed =
      /^[^'"`\n]{0,80}['"`][\])}]{0,4}\s{0,4};\s{0,4}[a-z_$][\w$]{0,40}(?:\.[\w$]{1,40}){0,6}\s{0,4}(?:\(|\[|=[^=])/i.exec(
        text,
      );
    return closed
      ? { category: 'xss', score: 5, reason: 'statement behind a closed string', index: closed.index }
      : undefined;
  }

  /** `" onmouseover=alert(1)`: an attribute added to the tag around the value. */
  private handler({ text, lower, document }: InspectedText): Finding | undefined {
    let at = lower.indexOf('on');
    for (let count = 0; at >= 0 && count < 400; count++, at = lower.indexOf('on', at + 2)) {
      const before = lower.charCodeAt(at - 1);
      if (!(
        at === 0 ||
        isSpace(before) ||
        before === 34 ||
        before === 39 ||
        before === 47 ||
        before === 96 ||
        before === 59 ||
        before === 123
      ))
        continue;
      let end = at + 2;
      while (end < lower.length && end - at < 32 && isLetter(lower.charCodeAt(end))) end++;
      const equals = skipSpace(lower, end);
      if (
        lower.charCodeAt(equals) !== 61 ||
        !isHandlerName(lower.slice(at, end)) ||
        lower.charCodeAt(equals + 1) === 61
      )
        continue;
      const value = text.slice(equals + 1, equals + 200);
      const script = findScript(value, value.toLowerCase()) !== undefined;
      const brokeOut = at > 0 && /['"`]/.test(text.slice(0, at));
      const known = EVENTS.has(lower.slice(at + 2, end));
      if (script && (known || brokeOut))
        return { category: 'xss', score: document ? 4 : 6, reason: `event handler ${lower.slice(at, end)}`, index: at };
      if (
        known &&
        (brokeOut || /^\s{0,20}["'`]?(?:\s{0,20}$|[a-z_$.]{1,60}\s?\(|(?:alert|confirm|prompt|eval)\b)/i.test(value))
      ) {
        return { category: 'xss', score: document ? 2 : 5, reason: `event handler ${lower.slice(at, end)}`, index: at };
      }
    }
    return undefined;
  }

  /** `javascript:…` where a URL is expected: at the start of the value or after a delimiter. */
  private scheme({ text, lower, document, source }: InspectedText): Finding | undefined {
    if (!lower.includes('script') && !/^[\s\0]*[jvd]/.test(lower)) return undefined;
    const squeezed = text.length > 400 ? lower : compact(text);
    for (const scheme of SCRIPT_SCHEMES) {
      const at = squeezed.indexOf(scheme);
      if (at < 0) continue;
      const rest = squeezed.slice(at + scheme.length, at + scheme.length + 200);
      const code = /^\\|[(`=[]|^\/\/|^void/.test(rest) || /%0|&#/.test(rest);
      const bare = squeezed.length === scheme.length;
      const starts = at === 0 || /[\s"'`=(,;<>]/.test(squeezed.charAt(at - 1));
      const prose = /^javascript:\s/.test(lower.slice(lower.indexOf('javascript:')));
      if (code && starts && !(prose && !/[(`]/.test(rest)))
        return {
          category: 'xss',
          score: document ? 3 : 6,
          reason: `${scheme} URL`,
          index: Math.max(0, lower.indexOf(scheme)),
        };
      if (at > 1 && /[=(]['"]?$/.test(squeezed.slice(at - 2, at)))
        return {
          category: 'xss',
          score: document ? 2 : 5,
          reason: `${scheme} as a value`,
          index: Math.max(0, lower.indexOf(scheme)),
        };
      if (at === 0 && scheme !== 'javascript:' && rest !== '' && !/\s/.test(text.trim())) {
        return { category: 'xss', score: 5, reason: `${scheme} URL`, index: 0 };
      }
      if (bare && source !== 'body') return { category: 'xss', score: 4, reason: `${scheme} URL`, index: 0 };
    }
    if (/^data:text\/(?:html|javascript)[;,]/.test(squeezed))
      return { category: 'xss', score: 6, reason: 'data URL with markup', index: 0 };
    return undefined;
  }

  private script({ text, lower, document, profile, source }: InspectedText): Finding | undefined {
    if (
      !profile.has(CharacterClass.parenthesis | CharacterClass.backtick | CharacterClass.dot | CharacterClass.bracket)
    )
      return undefined;
    const evidence = findScript(text, lower);
    const css = isActiveStyle(compact(text.length > 2000 ? '' : text));
    if (css && !document) return { category: 'xss', score: 5, reason: 'script in a style', index: 0 };
    if (!evidence) return undefined;
    const finding = (score: number): Finding => ({
      category: 'xss',
      score,
      reason: `page script (${evidence.kind})`,
      index: evidence.index,
    });
    if (document) return finding(source === 'body' || source === 'query' ? 2 : 4);
    if (evidence.kind === 'sink' && isMentioned(text, evidence.index)) return finding(3);
    if (evidence.kind === 'property') return finding(/[;='"`()]/.test(text) ? 5 : 3);
    return finding(evidence.kind === 'sink' || evidence.kind === 'computed-global' ? 6 : 5);
  }
}

/** Event names of the HTML, SVG, pointer, animation, clipboard and legacy IE specifications, without `on`. */
const EVENTS = wordSet(`
  abort activate afterprint afterscriptexecute afterupdate animationcancel animationend animationiteration animationstart auxclick
  beforeactivate beforecopy beforecut beforedeactivate beforeeditfocus beforeinput beforematch beforepaste beforeprint
  beforescriptexecute beforetoggle beforeunload beforeupdate begin blur bounce cancel canplay canplaythrough cellchange change click
  close command contextmenu controlselect copy cuechange cut dataavailable datasetchanged datasetcomplete dblclick deactivate drag dragdrop
  dragend dragenter dragexit dragleave dragover dragstart drop durationchange emptied end ended error errorupdate filterchange finish
  focus focusin focusout formchange formdata forminput fullscreenchange gotpointercapture hashchange help input invalid keydown keypress
  keyup layoutcomplete load loadeddata loadedmetadata loadend loadstart losecapture lostpointercapture mediacomplete mediaerror message
  messageerror mousedown mouseenter mouseleave mousemove mouseout mouseover mouseup mousewheel move moveend movestart mozfullscreenchange
  offline online outofsync pagehide pagereveal pageshow pageswap paste pause play playing pointercancel pointerdown pointerenter pointerleave
  pointermove pointerout pointerover pointerrawupdate pointerup popstate progress propertychange ratechange readystatechange
  rejectionhandled repeat reset resize resizeend resizestart resume reverse rowdelete rowenter rowexit rowinserted rowsdelete rowsenter
  scroll scrollend scrollsnapchange search securitypolicyviolation seek seeked seeking select selectionchange selectstart show slotchange
  stalled start stop storage submit suspend syncrestored timeerror timeupdate toggle touchcancel touchend touchmove touchstart trackchange
  transitioncancel transitionend transitionrun transitionstart undo unhandledrejection unload urlflip volumechange waiting webkitanimationend
  webkitanimationiteration webkitanimationstart webkittransitionend webkitmouseforcechanged wheel zoom
  `);

/** `on` and letters only: browsers add events, so the shape counts and the list only adds certainty. */
function isHandlerName(name: string): boolean {
  if (name.length < 4 || !name.startsWith('on')) return false;
  for (let index = 2; index < name.length; index++) if (!isLetter(name.charCodeAt(index))) return false;
  return !/^on(?:e|ly|line|to|ce|going|es|ion|set|us|tario)$/.test(name);
}

/** Lower case without what browsers ignore inside a scheme: white space and control characters. */
function compact(text: string): string {
  let out = '';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 32 && code !== 127) out += text[index];
  }
  return out.toLowerCase();
}

/** CSS that runs script or loads behaviour; comments and backslashes hide nothing from old engines. */
function isActiveStyle(css: string): boolean {
  if (!css.includes(':') && !css.includes('@')) return false;
  const plain = css.replaceAll(/\/\*[^*]*\*\//g, '').replaceAll('\\', '');
  return /:[^;]{0,40}expression\(|behaviou?r:url|-moz-binding:|url\(["']?(?:javascript|vbscript):|@import["']?(?:url|javascript|\/\/|http)/.test(
    plain,
  );
}
