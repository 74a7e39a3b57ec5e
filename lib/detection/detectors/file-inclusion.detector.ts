import { judgeHost } from '../grammar/url-hosts';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** Stream wrappers of PHP and schemes that read local files. */
const WRAPPER =
  /(?:^|[\s"'=,(|:])(php:\/{0,2}(?:filter|input|output|memory|temp|fd|stdin)|expect:\/\/|phar:\/\/|zip:\/\/|compress\.(?:zlib|bzip2):\/\/|zlib:|ogg:\/\/|rar:\/\/|glob:\/\/|data:\/\/|res:\/\/|classpath\*?:[\w/.-]{1,80}\.(?:properties|ya?ml|xml|class)|data:text\/plain;base64,|data:;base64,|data:,<\?)/;
const FILE_URL = /(?:^|[\s"'=,(|])file:(?:\/{1,6}|\\{1,4}|\.)[\w.~%/\\-]?/;
/** Parameters that name a file or a directory of the application. */
const FILE_NAME =
  /root|path|dir|prefix|file|template|tpl|include|inc$|conf|cfg|folder|base|lib|module|mod$|page|ext$|theme|skin|layout|lang|class|plugin|abspath|document|script|style|menu|body|header|footer|src|application|globals|load|inst|home|site/;
const URL_NAME =
  /url|uri|href|link|redirect|callback|website|homepage|avatar|image|img|icon|logo|photo|feed|webhook|endpoint|referr?er|domain|return|next|goto|continue|schema|^id$|^\$|repository|bugs/;
const SCRIPT = /\.(?:php\d?|phtml|phps|inc|jspx?|aspx?|cgi|pl|cfm|txt|dat|sh|py)(?:\?|%00|\0|$)/;
/** What people keep on a network share. */
const OFFICE = /\.(?:docx?|xlsx?|pptx?|od[tsp]|pdf|csv|rtf|msg|jpe?g|png|mp4|zip)$/;
const FOREIGN_PAGE = /\.(?:php\d?|phtml|aspx?|jspx?|cfm|cgi|pl|do)$/;

/** Remote and local file inclusion: stream wrappers, file URLs, and remote scripts handed to a parameter that names a file. */
export class FileInclusionDetector implements Detector {
  readonly name = 'file-inclusion';
  readonly category = 'file_inclusion' as const;

  concerns(profile: TextProfile): boolean {
    if (profile.has(CharacterClass.backslash)) return true;
    return (
      (profile.has(CharacterClass.colon | CharacterClass.slash) || profile.hintsAt(Hint.host)) &&
      profile.hintsAt(Hint.url | Hint.file | Hint.host)
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    const { lower, document, source, isName } = input;
    const head = lower.slice(0, 20_000);
    const finding = (score: number, reason: string, index = 0): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    // Most URLs have one scheme, and it is `http`.
    const schemes = head.startsWith('http') ? head.indexOf(':', 6) > 0 : head.includes(':');
    const wrapper = schemes ? WRAPPER.exec(head) : null;
    if (wrapper) {
      const start = wrapper.index <= 1;
      const plainText = wrapper[1]?.startsWith('data:text') === true;
      if (!plainText || source !== 'body')
        return finding(document && !start ? 3 : 6, `stream wrapper ${wrapper[1] ?? ''}`, wrapper.index);
    }
    const file = schemes ? FILE_URL.exec(head) : null;
    if (file && !isName) return finding(document ? 2 : file.index === 0 ? 6 : 5, 'file URL', file.index);
    if (source === 'query' && /^\\\\[\w.-]{1,80}\\[\w$.-]{1,80}/.test(head) && !OFFICE.test(head))
      return finding(5, 'network share');
    if (!document && /^\\\\[\w.-]{1,80}\\[\w$\\.-]{1,120}\.(?:php\d?|phtml|aspx?|jspx?|cgi|pl)$/.test(head.trim()))
      return finding(5, 'script on a network share');
    return document ? undefined : this.remote(input, head.trim());
  }

  private remote({ name, source, text, path }: InspectedText, value: string): Finding | undefined {
    if (source !== 'query' && source !== 'body' && source !== 'cookie') return undefined;
    const match = /^(?:(?:https?|ftps?):)?\/\/([^/?#\s]{1,200})(\/[^?#\s]{0,500})?(\?.*)?$/.exec(
      value.length > 900 ? value.slice(0, 900) : value,
    );
    if (!match) return undefined;
    const target = match[2] ?? '';
    const finding = (score: number, reason: string): Finding => ({ category: this.category, score, reason, index: 0 });
    if (text.includes('\0') || /%00/.test(value)) return finding(6, 'remote file cut by NUL');
    const script = SCRIPT.test(target);
    const shell =
      /\/(?:[\w-]{0,20}shell[\w-]{0,20}|cmd|c99|r57|c100|wso|b374k|backdoor|rce|phpinfo|crash)\.(?:php|txt|gif|jpg|asp|jsp)/.test(
        target,
      );
    const hanging = value.endsWith('?');
    const foreignPage = FOREIGN_PAGE.test(path);
    const fileName = FILE_NAME.test(name) && !URL_NAME.test(name);
    const address = /^\[|^\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?$/.test(match[1] ?? '');
    if (shell) return finding(6, 'remote shell');
    if (script && foreignPage) return finding(5, 'remote script for a page of another platform');
    if (fileName && (script || hanging)) return finding(source === 'body' ? 4 : 5, 'remote script in a file parameter');
    if (fileName && foreignPage && source === 'query') return finding(5, 'remote URL in a file parameter');
    if (script && hanging && !URL_NAME.test(name)) return finding(5, 'remote script with its rest cut off');
    if (script && value.startsWith('ftp') && !URL_NAME.test(name)) return finding(5, 'remote script');
    if (address && script) return finding(5, 'remote script at an address');
    return judgeHost(match[1] ?? '') === 'disguised' ? finding(4, 'remote file') : undefined;
  }
}
