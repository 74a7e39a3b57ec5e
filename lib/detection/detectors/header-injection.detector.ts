import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

const HEADER =
  /[\r\n]\s{0,4}(?:set-cookie2?|location|content-(?:length|type|disposition|encoding|security-policy)|transfer-encoding|refresh|x-[a-z-]{2,40}|access-control-[a-z-]{4,30}|host|connection|last-modified|p3p|link|authorization|cookie|referer|user-agent|remote-addr|via|status)\s?:/;
const MAIL =
  /[\r\n]\s{0,4}(?:bcc|cc|to|from|subject|reply-to|mime-version|content-transfer-encoding)\s?:\s{0,4}[^\r\n]{0,200}(?:@|multipart|%0|<)/;
const REQUEST_LINE =
  /(?:^|[\r\n\s\w])(?:get|post|put|head|options|delete|patch|trace|connect|propfind)\s{1,4}\S{1,500}\s{1,4}http\/\d(?:\.\d)?\s{0,4}(?:$|[\r\n])/;
const STATUS_LINE = /[\r\n]\s{0,4}http\/\d(?:\.\d)?\s{1,4}\d{3}/;
const MAIL_COMMAND =
  /[\r\n]\s{0,4}(?:mail\s{1,4}from:|rcpt\s{1,4}to:|(?:ehlo|helo)\s{1,4}\S|(?:retr|dele|list|top|uidl)\s{1,4}\d|stat\b|quit\b|vrfy\s|expn\s|a\d{3}\s{1,4}\w|auth\s{1,4}(?:login|plain)|data\s?[\r\n]|(?:user|pass)\s{1,4}\S{1,80}\s{0,4}[\r\n])/;
const STORE_COMMAND =
  /[\r\n]\s{0,4}(?:config\s{1,4}set|flushall|slaveof\s|set\s{1,4}\S{1,60}\s{1,4}\d|gets?\s{1,4}\S{1,60}\s{0,4}[\r\n]|eval\s{1,4}["']|save\s{0,4}[\r\n]|stats\s{0,4}[\r\n])/;

/** Line breaks that would end a header, a mail command or a log line, followed by what the protocol expects next. */
export class HeaderInjectionDetector implements Detector {
  readonly name = 'header-injection';
  readonly category = 'header_injection' as const;

  concerns(profile: TextProfile): boolean {
    return profile.has(CharacterClass.lineBreak) || profile.hintsAt(Hint.protocol);
  }

  inspect({ lower, source, document, name, layers }: InspectedText): Finding | undefined {
    const text = lower.slice(0, 20_000);
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
    const header = HEADER.exec(text);
    const encoded = layers.length > 0;
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
    const command = MAIL_COMMAND.exec(text) ?? STORE_COMMAND.exec(text);
    if (command && (lower.length < 400 || source !== 'body'))
      return finding(weight(6), 'protocol command after a line break', command.index);
    if (source === 'header' || source === 'cookie') return finding(5, 'line break in a header', at);
    const generic = source === 'query' ? /[\r\n][a-z]{2,20}-[a-z-]{2,40}:/.exec(text) : null;
    return generic ? finding(5, 'header after a line break', generic.index) : undefined;
  }
}
