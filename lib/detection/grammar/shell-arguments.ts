import { SHELL_VARIABLES } from './shell-commands';
import { type ShellCommand } from './shell-words';

/** What follows a program: an option or a path (`strong`), nothing, ordinary words, or something else. */
export type ArgumentShape = 'strong' | 'none' | 'words' | 'other';

/** Judges the arguments of a command by their shape alone; `text` is the whole text it was found in. */
export function argumentShape(command: ShellCommand, text: string): ArgumentShape {
  const { rest, following } = command;
  if (following === '=' || following === ':') return 'other';
  const after = rest.trim();
  // `host \`whoami\``: the argument is a substitution.
  const stopped = text.charCodeAt(command.end + rest.length);
  if (after === '' && rest !== '' && stopped === 96 && command.opener !== '`' && command.opener !== '') return 'strong';
  if (after === '' || /^["')}\]]{1,3}$/.test(after)) return 'none';
  if (following === '\\' || following === '^' || following === '$')
    return /^(?:\s|\\|\$)/.test(text.slice(command.end, command.end + 2)) ? 'strong' : 'other';
  if (!/^[\s+<>,"')#\ufffd]/.test(rest)) return 'other';
  if (/^<\/[a-z][a-z0-9]{0,12}>/i.test(after)) return 'other';
  const argument = after.replace(/^[+,]+\s*/, '');
  if (
    /^(?:-{1,2}[a-z]|-\d{1,2}(?:\s|$)|\/[a-z?]?(?:\s|$)|\/[\w.?*]+\/|\/[a-z.]{2,}|~\/|\.{1,2}\/|[a-z]:(?:[\\/+*\w"]|$)|\ufffd|\d{1,2}:\d\d\s|\\\\|[<>]{1,2}&?\s?[\w/$"'.]|\$[({\w]|`|["'$]?%[a-z]+%|\*|https?:\/\/|\((?!\w{1,20}\)|[<>=~^!]{1,2}\s?v?\d)|"\$)/i.test(
      argument,
    )
  )
    return 'strong';
  if (/^["'][^"']{0,80}["']/.test(argument)) return 'strong';
  if (/^(?:export|declare|typeset|env|setenv|alias)$/.test(command.program) && /^[a-z_]\w{0,40}=\S/i.test(argument))
    return 'strong';
  if (/^\d{1,15}(?:\.\d{1,3}){3}\b/.test(argument)) return 'strong';
  if (/^\d{1,6}\s*(?:$|[)}*+/#%-])/.test(argument)) return 'strong';
  if (
    /^[\w.-]{1,60}\.(?:txt|php|sh|exe|ps1|html?|log|conf|cfg|ini|js|py|pl|bat|cmd|dll|gz|tar|zip|[a-z]{2,10}\.[a-z]{2,})\b/i.test(
      argument,
    )
  )
    return 'strong';
  if (/^[\w-]{1,60}\.[\w.-]{2,80}\s{0,4}$/.test(argument)) return 'strong';
  if (/\s(?:-{1,2}[a-z]|\/[a-z]{1,8}(?:\s|$)|[a-z]:\\|\/\w+\/|>{1,2}\s?(?:[\w/]|~\/))|\w>{1,2}\s?[/~]/i.test(argument))
    return 'strong';
  if (/^[\w@.-]+\s*(?:#|$)/.test(argument) && command.opener !== '' && argument.length < 24)
    return SHELL_VARIABLES.has(argument) ? 'strong' : 'words';
  return /^[#)]/.test(argument) ? 'none' : 'words';
}

/**
 * Options that make a common program run another one or write a file: `-oProxyCommand=`, `--checkpoint-action=exec=`.
 * They attack where a value becomes an argument, without any separator (CWE-88).
 */
export const PROGRAM_OPTION =
  /^\s{0,4}-{1,2}(?:o\s?proxycommand|upload-pack|receive-pack|checkpoint-action|to-command|use-compress-program|rsh|ssh-command|use-askpass|post-file|body-file|output-document)[=\s]{1,2}\S|^\s{0,4}-{1,2}(?:o|output(?:-dir|-file)?|log-file)[=\s]\s?\/\w|^\s{0,4}-{1,2}exec(?:dir)?\s{1,4}\/\w|^\s{0,4}--?(?:init-command|pager|editor|browser|rsync-path|require|gpg-program|textconv|prescript|postscript)=\S{0,80}[/;|$`(]|^\s{0,4}--(?:eval|rsh|exec)=\w|^\s{0,4}--(?:config|conf|cfg|load|plugin|library|script|init-file|rcfile)=\/(?:tmp|var|dev|proc)\/|^ext::\S/;
