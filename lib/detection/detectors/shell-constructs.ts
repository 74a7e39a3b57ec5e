import { PROGRAM_OPTION } from '../grammar/shell-arguments';
import { type Finding, type InspectedText } from './detector';

/** Constructs that are no command position, yet belong to shells alone. */
export function shellConstructs(input: InspectedText): Finding | undefined {
  const { lower, document, source } = input;
  const finding = (score: number, reason: string, index: number): Finding => ({
    category: 'command_injection',
    score,
    reason,
    index,
  });
  const subshell =
    /^\s{0,4}[!;|&]?\s{0,2}(?:[(!]|\{\s)\s{0,4}(?:id|whoami|uname|ifconfig|ipconfig|netstat|systeminfo|printenv)(?:\s{1,4}-\w{1,4})?\s{0,4};?\s?[)}]?\s{0,4}$/.exec(
      lower.slice(0, 60),
    );
  if (subshell && lower.length < 40) return finding(5, 'command in a group', 0);
  const functionImport = lower.indexOf('() {');
  if (
    functionImport >= 0 &&
    (functionImport === 0 || /^\(\) \{ ?[^}]{0,20};? ?\} ?;/.test(lower.slice(functionImport, functionImport + 48)))
  )
    return finding(7, 'function definition in a variable', functionImport);
  for (const device of ['/dev/tcp/', '/dev/udp/']) {
    const at = lower.indexOf(device);
    if (at >= 0) return finding(document ? 4 : 6, 'network device of bash', at);
  }
  const variable =
    /\$\{?ifs\b|\$\{ifs|[a-z]\$@{1,2}[a-z]{1,12}(?:\$@[a-z]{1,12}){0,8}(?:$|[\s;|&)`/<>$])|%(?:comspec|systemroot|windir|programfiles|appdata|userprofile)%/.exec(
      lower.slice(0, 20_000),
    );
  if (variable) return finding(document ? 3 : 5, `variable ${variable[0]}`, variable.index);
  const assigned = /(?:^|[;&|\s])([a-z_]\w{0,20})=[^;&|\s]{1,60}[;&|]{1,2}\s{0,4}\$\{?([a-z_]\w{0,20})\b/.exec(
    lower.slice(0, 4000),
  );
  if (assigned && assigned[1] === assigned[2] && !document)
    return finding(6, 'variable run as a command', assigned.index);
  const expansion = /\$\{!?[a-z_]\w{0,20}(?:\/\/|:\d|%%|##|\^\^|,,)[^}]{0,40}\}/.exec(lower.slice(0, 4000));
  if (expansion && !document) return finding(5, 'expansion of a shell parameter', expansion.index);
  const shellVariable = /[;|&`\n(]\s{0,4}\$\{?(?:shell|bash|0)\b/.exec(lower.slice(0, 4000));
  if (shellVariable && !document) return finding(5, 'shell from a variable', shellVariable.index);
  const powershell =
    /(?:^|[\s;|&(])(?:get|invoke|start|stop|new|set|remove)-(?:process|service|content|childitem|item|location|command|host|wmiobject|ciminstance|object|expression|webrequest|restmethod|variable|alias|member|eventlog|computerinfo|acl|hotfix|localuser|netipaddress|psdrive|scheduledtask|bitstransfer|job)(?![\w-])|\biex\s?[('"$]|powershell(?:\.exe)?\s{1,4}[a-z]{2,12}-[a-z]/.exec(
      lower.slice(0, 20_000),
    );
  if (powershell) return finding(document ? 2 : 5, 'PowerShell', powershell.index);
  const dot = /(?:^|[;\n]|\\n)\s{0,4}\.(?:system|shell)\s{1,4}\w/.exec(lower.slice(0, 4000));
  if (dot && !document) return finding(5, 'command of a database shell', dot.index);
  if (PROGRAM_OPTION.test(lower.slice(0, 200)) && !document) return finding(5, 'option that runs a program', 0);
  const bare = /[;|&`\n]\s{0,4}(?:\.\s{1,2}[~$]?\/\w|>{1,2}\s?\/(?:tmp|var|etc|home|dev|usr|opt|root)\/|\$'\w)/.exec(
    lower.slice(0, 4000),
  );
  if (bare && !document) return finding(5, 'redirection or file as a command', bare.index);
  const pieces = /[;&|\n]\s{0,4}\$\{?\w{1,20}\}?\$\{?\w{1,20}\b/.exec(lower.slice(0, 4000));
  if (pieces && !document && lower.includes('=')) return finding(5, 'command joined from variables', pieces.index);
  const cmdlet =
    /(?:^|[\s;|&(])(?:get|set|invoke|new|start|stop|remove|out|add|import|export|copy|select|foreach|where|write|convertto|convertfrom)-[a-z]{4,24}\s{1,4}(?:-[a-z]{1,24}\s|\$\w|[a-z]:\\|"?https?:)/.exec(
      lower.slice(0, 20_000),
    );
  if (cmdlet) return finding(document ? 3 : 5, 'PowerShell cmdlet', cmdlet.index);
  const wild =
    /(?:^|[;|&`(])\s?\/(?:[\w-]{1,20}\/){0,3}[\w-]{0,12}[?*[][\w\]?*-]{0,12}(?:\/[\w?*[\]-]{1,20}){0,3}(?:$|[\s;|&`)])/.exec(
      lower.slice(0, 4000),
    );
  if (wild && !document && /[;|&`(]/.test(wild[0]) && /\w/.test(wild[0]))
    return finding(5, 'program spelled with wildcards', wild.index);
  const nested = /[;|&](?:`\s?[a-z./$][^`\n]{0,200}`|\$\()/.exec(lower.slice(0, 4000));
  if (nested && !document && !closesSpan(lower, nested.index + 1))
    return finding(5, 'substitution as a command', nested.index);
  const option = /^-[a-z]\s?\/(?:bin|tmp|etc|usr|var|dev|home|root|opt)\/\w/.exec(lower.slice(0, 80));
  if (option && !document) return finding(5, 'option with a path of the host', 0);
  // An answer to one question, continued by a command on a line of its own.
  const line =
    /^[\w.:-]{1,60}[\r\n]{1,2}(?:id|whoami|uname|ls|pwd|ifconfig|ipconfig|netstat|ps|reboot|env)(?:\s{1,2}-\w{1,4})?\s{0,2}$/.exec(
      lower.slice(0, 120),
    );
  if (line && lower.length < 100) return finding(5, 'command on a second line', 0);
  const asked =
    source === 'query' &&
    /^(?:cmd|exec|execute|shell|system|passthru|cmdline|daemon|popen)$/.test(input.name) &&
    /^(?:id|whoami|uname|ls|pwd|ifconfig|ipconfig|netstat|ps|dir|cat|type|wget|curl|nc|net)(?:$|\s{1,2}[-/\w.])/.test(
      lower,
    );
  if (asked) return finding(5, 'command in a parameter for commands', 0);
  const windows =
    /[;|&]\s?(?:net\s{1,2}(?:user|localgroup|view|share|use|group|accounts)\b|reg\s{1,2}(?:query|add|delete|export|save)\b|sc\s{1,2}(?:query|create|config|start|stop)\b|netsh\s{1,2}\w|wmic\s{1,2}\w|schtasks\s)/.exec(
      lower.slice(0, 4000),
    );
  if (windows && !document) return finding(5, 'command of Windows', windows.index);
  // A cell that a spreadsheet asks another program for: `=cmd|' /c calc'!a0` (Dynamic Data Exchange).
  const exchange =
    /^\s{0,4}[=+@-][^|\n]{0,60}\w\|\s?'[^'\n]{1,200}'\s?!\s?[a-z_]|^\s{0,4}[=+@-]\s?(?:webservice|importxml|importdata|importhtml|importfeed)\s?\(\s?["'][a-z]/.exec(
      lower.slice(0, 400),
    );
  if (exchange) return finding(5, 'exchange with another program', 0);
  const here = lower.indexOf('<<<');
  if (here >= 0 && !document && /^<<<\s?["'$]?[a-z(]/.test(lower.slice(here, here + 8)))
    return finding(5, 'here-string', here);
  const shell =
    /(?:^|[\s;|&"'`(/])(?:cmd(?:\.exe)?\s?\/[ckr]|powershell(?:\.exe)?\s-|(?:ba|z|k|c)?sh\s-[ci]|python[23]?\s-c|perl\s-e|ruby\s-e|php\s-r|invoke-expression|\(new-object net\.webclient)/.exec(
      lower.slice(0, 20_000),
    );
  if (shell) return finding(document ? 3 : 6, 'interpreter with inline code', shell.index);
  const glob = /\/(?:[a-z]{0,6}[?*][a-z?*]{0,8})\/[a-z]{0,8}[?*]{1,}[a-z?*]{0,8}/.exec(lower.slice(0, 4000));
  if (glob && !document && /(?:^|[\s;|&`$({,])(?:\\?[a-z]|''|""){2,14}[\s+,$<]/.test(lower.slice(0, glob.index + 1)))
    return finding(5, 'path spelled with wildcards', glob.index);
  return undefined;
}

/** Whether the backtick at `at` is the second of a pair: `` `a && b` `` is a span of code, `` a;`b` `` a substitution. */
function closesSpan(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 96) return false;
  // `` `number`|`string` ``: one span or the other.
  if (text.charCodeAt(at - 2) === 96) return true;
  let closes = false;
  for (let index = text.indexOf('`'); index >= 0 && index < at; index = text.indexOf('`', index + 1)) closes = !closes;
  return closes;
}
