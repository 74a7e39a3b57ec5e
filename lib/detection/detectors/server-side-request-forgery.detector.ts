import { judgeHost } from '../grammar/url-hosts';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText, stronger } from './detector';

/** Schemes that make a server speak other protocols or read its own files. */
const FOREIGN_SCHEME =
  /^(gopher|dict|tftp|ldap|ldaps|ldapi|netdoc|jar|sftp|tn3270|smb|rmi|telnet|imap|pop3|smtp|ssh2(?:\.\w+)?|rtmp|redis|mysql|unix|vbscript|mailto-x|local_file|netrc):/;
/** A native application's own redirect target is loopback by design (RFC 8252, section 7.3). */
const REDIRECT_NAME = /redirect|post_?logout|callbackurls|origins?$|^(?:origin|referer|referrer|host)$/;
const HEADER_WITHOUT_URL = /^(?:user-agent|referer|referrer|origin|host|x-forwarded-host|forwarded|x-forwarded-for)$/;

/**
 * A value that is a URL as a whole, judged by the host that it names: loopback, private, link-local, cloud metadata,
 * in every notation that URL parsers accept. Public URLs are URLs.
 */
export class ServerSideRequestForgeryDetector implements Detector {
  readonly name = 'server-side-request-forgery';
  readonly category = 'ssrf' as const;

  concerns(profile: TextProfile): boolean {
    return profile.hintsAt(Hint.url | Hint.host) && profile.has(CharacterClass.colon | CharacterClass.slash);
  }

  inspect(input: InspectedText): Finding | undefined {
    const { document, source, isName } = input;
    if (isName || source === 'path') return undefined;
    const value = input.text.trim();
    const lower = value.toLowerCase();
    const foreign = this.foreign(input, lower);
    if (document) return foreign;
    const inside = /https?:\/\/(?:169\.254\.169\.254|metadata\.google\.internal|100\.100\.100\.200)\b/.exec(
      lower.slice(0, 20_000),
    );
    if (inside && source !== 'header')
      return { category: this.category, score: 5, reason: 'cloud metadata address', index: inside.index };
    return stronger(foreign, this.host(input, value, lower));
  }

  private foreign(input: InspectedText, lower: string): Finding | undefined {
    const scheme = FOREIGN_SCHEME.exec(lower)?.[1];
    const finding = (score: number, reason: string): Finding => ({ category: this.category, score, reason, index: 0 });
    // The address of a cache or a database in somebody's settings.
    if (
      scheme &&
      /^(?:redis|mysql):\/\/(?:[\w:.-]{1,100}@)?[a-z][\w.-]{1,80}(?::\d{2,5})?(?:\/\w{0,40})?$/.test(lower) &&
      !lower.includes('localhost')
    )
      return undefined;
    if (scheme && /^[a-z0-9.]+:(?:\/{1,3}\S|[a-z]+:\/|\/)/.test(lower))
      return finding(
        /^(?:sftp|telnet|imap|pop3|smtp|rtmp|redis|mysql|ldaps?|smb)$/.test(scheme) ? 5 : 6,
        `${scheme} URL`,
      );
    if (lower.startsWith('unix:', 7) && /^https?:\/{0,2}unix:\/?\w/.test(lower)) return finding(6, 'unix socket URL');
    if (/^https?\+unix:\/\//.test(lower)) return finding(6, 'unix socket URL');
    if (lower.startsWith('unix:') && /^unix:(?:a{3}|\/|[^|]{0,2000}\|https?:)/.test(lower))
      return finding(6, 'unix socket URL');
    if (/^jdbc:[^?;]{1,300}[?;&].{0,300}(?:autodeserialize|allowloadlocalinfile|socketfactory|init)=/.test(lower))
      return finding(6, 'database URL that runs code');
    if (/^url:(?:file|https?|ftp|gopher):/.test(lower)) return finding(6, 'nested URL scheme');
    return undefined;
  }

  private host({ name, source, text }: InspectedText, value: string, lower: string): Finding | undefined {
    const finding = (score: number, reason: string): Finding => ({ category: this.category, score, reason, index: 0 });
    const header = source === 'header' && HEADER_WITHOUT_URL.test(name);
    if (
      lower.startsWith('169.') &&
      /^169\.254\.169\.254(?::\d{1,5})?(?:\/|$)/.test(lower) &&
      (lower.includes('/') || name.includes('host'))
    )
      return finding(6, 'cloud metadata address');
    const match =
      /^(?:(?:https?|ftp|wss?|exp|url):[\\/]{0,8}|(?:ftps|ssh|git|svn|rtsp|irc|nntp|afp|nfs|h2c|grpc|mongodb(?:\+srv)?|rediss?|amqps?|postgres(?:ql)?|memcached?):\/\/|\/{2,4}|\\{2,4})([^/?#\\\s]{0,300})/.exec(
        lower,
      );
    if (!match) {
      const bare =
        /^(localhost|127(?:\.\d{1,3}){1,3}|169\.254\.169\.254|\[::1?\]|0\.0\.0\.0)(?::\d{1,5})?(?:\/|$)/.exec(
          lower,
        )?.[1];
      const named =
        /url|uri|host|target|dest|site|endpoint|server|proxy|webhook|callback|feed|link|href|domain|ssrf|ip$/.test(
          name,
        );
      const whole =
        /^(?:url|uri|target|dest|proxy|webhook|callback|endpoint|feed)$/.test(name) &&
        /^(?:localhost|127(?:\.\d{1,3}){3}|0\.0\.0\.0|10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2})$/.test(lower);
      if (whole && source === 'query') return finding(5, 'local host');
      if (name === 'host' && source === 'body') return undefined;
      return bare !== undefined &&
        named &&
        (lower.includes('/') || !/ip$/.test(name)) &&
        !header &&
        /[/:]/.test(lower) &&
        source !== 'header'
        ? finding(5, 'local host')
        : undefined;
    }
    const authority = match[1] ?? '';
    if (/^\$\{[\w.]+\}/.test(authority))
      return /\$\{aws|\$\{[a-z]+_(?:api|host|url|endpoint)\}/.test(authority) && source !== 'header'
        ? finding(5, 'host from the server’s environment')
        : undefined;
    const userinfo = authority.lastIndexOf('@');
    const host = hostOf(userinfo >= 0 ? authority.slice(userinfo + 1) : authority);
    const kind = judgeHost(host);
    const redirect = REDIRECT_NAME.test(name) || (source === 'cookie' && name.includes('callback-url'));
    // A name without a dot is one of the network that the server is in.
    if (
      /^https?:\/\//.test(lower) &&
      /^[a-z][a-z0-9-]{1,40}$/.test(host) &&
      /:\d/.test(authority) &&
      kind === 'public' &&
      !header &&
      !redirect &&
      source === 'query'
    )
      return finding(5, 'name of an internal network');
    switch (kind) {
      case 'metadata':
        return finding(7, 'cloud metadata address');
      case 'sink':
        return finding(5, 'service that records callbacks');
      case 'disguised':
        return header ? undefined : finding(redirect ? 5 : 6, 'address in disguise');
      case 'loopback':
        return header || redirect
          ? header
            ? undefined
            : finding(2, 'loopback address')
          : finding(5, 'loopback address');
      case 'private':
        return header || redirect
          ? header
            ? undefined
            : finding(2, 'private address')
          : finding(source === 'body' ? 4 : 5, 'private address');
      default:
        break;
    }
    if (userinfo >= 0 && !header) {
      const shown = hostOf(authority.slice(0, userinfo).replace(/^.*@/, '').replace(/:.*$/, ''));
      if (/^\d|\./.test(shown) && judgeHost(shown) !== 'public') return finding(5, 'address before @');
    }
    // `http://public#@127.0.0.1/`, `http://public\@127.0.0.1`: parsers disagree about the host (Orange Tsai, Black Hat 2017).
    const confused = /^(?:[^\s]{0,200}[#\\ ]@?|[?#&\\\s]{1,4}@)([\w.:[\]-]{3,60})/.exec(
      value.slice(match[0].length, match[0].length + 260),
    );
    if (confused?.[1] && /@/.test(text) && judgeHost(hostOf(confused[1])) !== 'public')
      return finding(5, 'second host');
    return undefined;
  }
}

/** The host without its port. */
function hostOf(authority: string): string {
  if (authority.startsWith('[')) return authority;
  const colon = authority.indexOf(':');
  return colon < 0 ? authority : authority.slice(0, colon);
}
