import { normalisePath } from '../grammar/path-forms';
import { sensitivityOf } from '../grammar/sensitive-paths';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** Parameters that name a file. */
const FILE_PARAMETER = /file|path|page|doc|template|include|dir|folder|load|read|view|src|url|user-agent|referer/;

/** Files of editors, tools and deployments that end up in a web root by accident, and copies of what a server runs. */
const PROBE =
  /\/\.(?:ds_store|htpasswd|htaccess|npmrc|yarnrc|pypirc|netrc|pgpass|s3cfg|boto|dockercfg|dockerenv|docker\/config\.json|kube\/config|azure\/|config\/gcloud|gnupg\/|hg\/|bzr\/|cvs\/|idea\/|vscode\/(?:sftp|settings)\.json|bash_history|bash_profile|bashrc|zsh_history|mysql_history|psql_history|viminfo|my\.cnf|git-credentials|gitconfig|ftpconfig|terraform\/|env(?:\.\w{1,20})?(?:\/|$)|git\/|svn\/)|^\/(?:server-status|server-info|web\.config|boot\.ini|win\.ini|phpinfo\.php|id_(?:rsa|dsa|ecdsa|ed25519))$|\/actuator\/(?:env|heapdump|threaddump|jolokia|logfile|gateway|configprops|shutdown)\b|\.(?:php\d?|phtml|jsp|aspx?|config|conf|ini|ya?ml|properties|py|rb)(?:\.(?:bak|old|orig|save|swp|swo)|~)$|\/config\/(?:database\.yml|secrets\.yml|master\.key|credentials\.yml\.enc)$|^\/[\w-]{1,30}\.sql(?:\.(?:gz|zip|bz2|xz))?$/;

/** Absolute paths to files of the host, and requests for files that a web server must not hand out. */
export class SensitiveFileDetector implements Detector {
  readonly name = 'sensitive-file';
  readonly category = 'sensitive_file' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.hintsAt(Hint.file) && profile.has(CharacterClass.slash | CharacterClass.backslash | CharacterClass.dot)
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    const { text, source, document, isName } = input;
    const finding = (score: number, reason: string, index = 0): Finding => ({
      category: this.category,
      score,
      reason,
      index,
    });
    if (document) return this.quoted(input, 2);
    const path = normalisePath(text.length > 2000 ? text.slice(0, 2000) : text);
    const nul = text.includes('\0');
    const whole = !/\s/.test(path) || /^[a-z]:\/|^\/(?:etc|proc|var|usr)\//.test(path);
    if (source === 'path') {
      const score = sensitivityOf(path.replaceAll(/;[^/]{0,200}/g, '').replaceAll('//', '/'));
      const probe =
        /\/(?:wp-config|web-inf|meta-inf|\.git|\.svn|\.hg|\.env|\.ht(?:access|passwd)|\.ssh|\.aws|windows|winnt|etc|proc)(?:[/.;]|$)/.test(
          path,
        );
      if (score >= 5 && probe) return finding(6, 'request for a file of the host');
      return PROBE.test(path) ? finding(5, 'request for a file that nobody serves') : undefined;
    }
    if (whole && path.length < 400) {
      const score = sensitivityOf(path.replace(/^file:\/*/, '/').replace(/%00.*$/, ''));
      if (score >= 3 && nul) return finding(6, 'path cut by NUL');
      if (score >= 5) return finding(isName ? 4 : 6, 'path of a file of the host');
      if (score >= 3 && source !== 'body')
        return finding(
          FILE_PARAMETER.test(input.name) || (score > 3 && path.includes('/')) ? score + 1 : score,
          'path of a place of the host',
        );
      if (score >= 3) return finding(score, 'path of a place of the host');
    }
    return this.quoted(input, 5);
  }

  /** Inside a longer text only the best known files count. */
  private quoted({ lower }: InspectedText, score: number): Finding | undefined {
    const found =
      /(?:^|[\s"'=:;|&<>(,`/\\}])(?:\/|\\|file:\/{1,4}|[a-z]:[\\/])?(?:etc[\\/]+(?:passwd|shadow|group|hosts|issue)\b|proc[\\/]+self[\\/]|root[\\/]\.(?:ssh|aws|bash)|(?:winnt|windows)[\\/]+(?:win\.ini|system32|repair|system\.ini))/.exec(
        lower.slice(0, 20_000),
      );
    return found
      ? { category: this.category, score, reason: 'name of a file of the host', index: found.index }
      : undefined;
  }
}
