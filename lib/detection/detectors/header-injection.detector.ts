import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** One word, and then a line as servers write them to their logs (CWE-117). */
const FORGED =
  /^[^\s]{0,60}[\r\n]{1,2}(?:\[?\d{4}-\d\d-\d\d[t \]][^\n]{8,}|\d{1,3}(?:\.\d{1,3}){3} - \S{1,40} \[|(?:error|info|warn|warning|debug|critical|notice)\s?[:[-]\s?\w)/;

/** Literal `\r\n`, line ends of Unicode, and characters whose low byte is CR or LF where a server cuts them to eight bits. */
const BREAK = /(?:\\r)?\\n|[\u0085\u2028\u2029\u010a\u010b\u010d\u560a\u560d]/g;
const HEADER =
  /[\r\n]\s{0,4}(?:set-cookie2?|location|content-(?:length|type|disposition|encoding|security-policy)|transfer-encoding|refresh|x-[a-z-]{1,40}|access-control-[a-z-]{4,30}|host|connection|last-modified|p3p|link|authorization|cookie|referer|user-agent|remote-addr|via|status|strict-transport-security|cache-control|etag|www-authenticate|proxy-[a-z-]{4,20}|accept-[a-z]{4,12}|clear-site-data|sec-[a-z-]{4,30}|cross-origin-[a-z-]{4,30}|if-[a-z-]{4,20}|pragma|expires|vary|retry-after|server-timing|sourcemap|nel|report-to|trailer|upgrade|www-authenticate)\s?:/;
/** Header names that are words, too: they need a value of their own grammar. */
const WORDY: ReadonlyMap<string, RegExp> = new Map([
  ['location', /^\s?(?:https?:|\/|\w{1,40}\.\w{2,10}(?:\/|$)|javascript:|data:|\?)/],
  ['host', /^\s?[\w.:[\]-]{1,100}\s{0,2}(?:[\r\n]|$)/],
  ['status', /^\s?\d{3}\b/],
  ['link', /^\s?</],
  ['refresh', /^\s?\d/],
  ['connection', /^\s?(?:close|keep-alive|upgrade|te)\b/],
  ['via', /^\s?[\d.]{1,4}\s/],
  ['authorization', /^\s?(?:basic|bearer|digest|negotiate)\s/],
  ['cookie', /^\s?[\w.-]{1,60}=/],
  ['referer', /^\s?https?:/],
  ['upgrade', /^\s?(?:h2c|websocket|http)/],
  ['expires', /^\s?(?:-?\d|\w{3},)/],
  ['pragma', /^\s?no-cache/],
  ['vary', /^\s?(?:\*|accept|origin|cookie|user-agent)/],
  ['trailer', /^\s?[a-z]{1,20}-[a-z-]{1,40}/],
  ['nel', /^\s?\{/],
]);
/** Of these the ones that are headers only with a value of theirs. */
const WORDS: ReadonlySet<string> = new Set(['pragma', 'expires', 'vary', 'trailer', 'upgrade', 'nel']);
const MAIL =
  /[\r\n]\s{0,4}(?:bcc|cc|to|from|subject|reply-to|mime-version|content-transfer-encoding)\s?:\s{0,4}[^\r\n]{0,200}(?:@|multipart|%0|<)|[\r\n]\s{0,4}(?:mime-version\s?:\s{0,4}\d|content-transfer-encoding\s?:\s{0,4}(?:base64|quoted|[78]bit))/;
const REQUEST_LINE =
  /(?:^|[\r\n\s\w])(?:get|post|put|head|options|delete|patch|trace|connect|propfind)\s{1,4}\S{1,500}\s{1,4}http\/\d(?:\.\d)?\s{0,4}(?:$|[\r\n])/;
const STATUS_LINE = /[\r\n]\s{0,4}http\/\d(?:\.\d)?\s{1,4}\d{3}/;
const MAIL_COMMAND =
  /[\r\n]\s{0,4}(?:mail\s{1,4}from:|rcpt\s{1,4}to:|(?:ehlo|helo)\s{1,4}\S|(?:retr|dele|list|top|uidl)\s{1,4}\d|(?:stat|quit)\s{0,4}(?:$|[\r\n])|vrfy\s|expn\s|a\d{3}\s{1,4}\w|auth\s{1,4}(?:login|plain)|data\s?[\r\n]|(?:starttls|rset|noop)\s{0,2}(?:$|[\r\n])|[a-z]{0,2}\d{1,5}\s{1,4}(?:(?:select|examine)\s{1,4}"?inbox|fetch\s{1,4}[\d:*]{1,12}(?:\s|$)|(?:logout|capability|noop|starttls|expunge)\s{0,4}(?:$|[\r\n])|authenticate\s{1,4}(?:plain|login)|(?:list|lsub)\s{1,4}"|login\s{1,4}\S{1,60}\s{1,4}\S)|(?:user|pass)\s{1,4}\S{1,80}\s{0,4}[\r\n])/;
const STORE_COMMAND =
  /[\r\n]\s{0,4}(?:\*\d{1,3}[\r\n]{1,2}\$\d|config\s{1,4}set|flush(?:all|db)|(?:slave|replica)of\s|module\s{1,4}load\s|acl\s{1,4}setuser\s|set\s{1,4}\S{1,60}\s{1,4}\d|gets?\s{1,4}\S{1,60}\s{0,4}[\r\n]|eval\s{1,4}["']|save\s{0,4}[\r\n]|stats\s{0,4}[\r\n]|shutdown\s{0,4}(?:$|[\r\n]|nosave|save))/;

/** Line breaks that would end a header, a mail command or a log line, followed by what the protocol expects next. */
export class HeaderInjectionDetector implements Detector {
  readonly name = 'header-injection';
  readonly category = 'header_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.has(CharacterClass.lineBreak) ||
      profile.hintsAt(Hint.protocol) ||
      (profile.has(CharacterClass.colon) && profile.has(CharacterClass.nonAscii | CharacterClass.backslash))
    );
  }

  inspect({ lower, source, document, name, layers }: InspectedText): Finding | undefined {
    const head = lower.slice(0, 20_000);
    const text = spelledBreak(head, document) ? head.replaceAll(BREAK, '\n') : head;
    const finding = (score: number, reason: string, index: number): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    const weight = (score: number): number => (document && source === 'body' ? Math.min(score, 3) : score);
    const at = text.search(/[\r\n]/);
    if (at >= 0 && source === 'path') return finding(6, 'line break in the path', at);
    const status =
      STATUS_LINE.exec(text) ?? (/[\r\n]/.test(text) && name !== 'user-agent' ? REQUEST_LINE.exec(text) : null);
    if (status) return finding(weight(6), 'request or status line', status.index);
    if (at < 0) return undefined;
    const encoded = layers.length > 0;
    const prose = !encoded && text === head && (source === 'body' || text.slice(0, at).trim().includes(' '));
    const header = headerIn(text, prose);
    if (header)
      return finding(
        weight(source === 'body' && !encoded && lower.length > 300 ? 4 : 6),
        'header after a line break',
        header.index,
      );
    const mail = MAIL.exec(text);
    if (mail && lower.length < 600)
      return finding(
        weight(/bcc|cc|reply-to|multipart/.test(mail[0]) ? 6 : 5),
        'mail header after a line break',
        mail.index,
      );
    const forged = FORGED.exec(text);
    if (forged) return finding(weight(5), 'line of a log', forged.index);
    // One word, a line break as protocols write it, and what looks like a header: nobody types that into a query.
    const any =
      source !== 'body' || encoded
        ? /^[^\s]{0,80}(?:\r\n?\s?[a-z][\w-]{0,40}:\s?\S|\n(?:[a-z][\w-]{0,40}:[^\s/]|[a-z]{1,20}-[a-z-]{1,40}:))/.exec(
            head,
          )
        : /^[^\s]{0,60}\r\n(?:[a-z]{1,20}-[a-z-]{1,40}:\s?\S|[a-z]{1,20}:[\w.-]{1,40}$)/.exec(head);
    if (any) return finding(5, 'header after a line break', any.index);
    // An address that goes on with any header of a mail (RFC 5322, section 3.6).
    const address =
      /^\s{0,4}[^\s@]{1,64}@[^\s@]{1,200}[\r\n]{1,2}(?:subject|to|date|sender|message-id|return-path)\s?:/.exec(text);
    if (address) return finding(6, 'mail header after an address', address.index);
    const command = MAIL_COMMAND.exec(text) ?? STORE_COMMAND.exec(text);
    if (command && (lower.length < 400 || source !== 'body'))
      return finding(weight(6), 'protocol command after a line break', command.index);
    if (source === 'header' || source === 'cookie') return finding(5, 'line break in a header', at);
    const generic = source === 'query' ? /[\r\n][a-z]{2,20}-[a-z-]{2,40}:/.exec(text) : null;
    const page =
      source === 'query' || (text.includes('\r\n\r\n') && !text.slice(0, at).includes(' '))
        ? /[\r\n]{2,4}\s{0,4}<(?:!doctype|html|body|script|svg|img|iframe|h1)\b/.exec(text)
        : null;
    if (page) return finding(5, 'page after an empty line', page.index);
    return generic ? finding(5, 'header after a line break', generic.index) : undefined;
  }
}

/** The first header after a line break; a line such as `Location: room 5` is none. */
function headerIn(text: string, prose: boolean): RegExpExecArray | null {
  const header = HEADER.exec(text);
  if (!header) return null;
  const name = header[0].trim().replace(/\s?:$/, '');
  const grammar = prose || WORDS.has(name) ? WORDY.get(name) : undefined;
  const value = text.slice(header.index + header[0].length, header.index + header[0].length + 200);
  if (!grammar || grammar.test(value)) return header;
  // Another header may follow on a later line.
  const rest = text.slice(header.index + header[0].length);
  const next = HEADER.exec(rest);
  return next && !WORDY.has(next[0].trim().replace(/\s?:$/, '')) ? next : null;
}

/** Whether a line break that is spelled in another way stands before what looks like a header. */
function spelledBreak(text: string, document: boolean): boolean {
  return (
    !document &&
    /(?:\\r\\n|[\u0085\u2028\u2029\u010a\u010b\u010d\u560a\u560d])\s{0,4}[a-z][a-z0-9-]{1,40}\s?:|\\n\s{0,4}(?:[a-z]{1,20}-[a-z-]{2,40}|b?cc|location)\s?:/.test(
      text,
    )
  );
}
