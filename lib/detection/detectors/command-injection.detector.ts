import { type ArgumentShape, argumentShape } from '../grammar/shell-arguments';
import { SHELL_PROGRAMS, SHELL_WORDS } from '../grammar/shell-commands';
import { wordSet } from '../grammar/characters';
import { type ShellCommand, shellCommands } from '../grammar/shell-words';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText, stronger } from './detector';
import { shellConstructs } from './shell-constructs';

const SEPARATORS =
  CharacterClass.semicolon |
  CharacterClass.pipe |
  CharacterClass.ampersand |
  CharacterClass.backtick |
  CharacterClass.lineBreak |
  CharacterClass.dollar |
  CharacterClass.lessThan |
  CharacterClass.greaterThan |
  CharacterClass.brace;

/** Programs that fetch or run something: with arguments they are a command line even without a separator. */
const REMOTE = wordSet(
  'wget curl nc ncat netcat bash sh zsh ksh perl python python3 powershell telnet ping nslookup chmod socat busybox mshta certutil bitsadmin iex iwr',
);

/** Fields of build and job descriptions, which hold command lines by design. */
const COMMAND_FIELD = /command|script|build|step|hook|before_|after_|^run$/;

/** Programs whose argument is a number. */
const NUMERIC = wordSet(
  'sleep usleep ping ping6 kill pkill killall timeout seq exit nice head tail shutdown nc ncat telnet chmod umask fold split shuf',
);
/** A row of a table in Markdown (GitHub Flavored Markdown, section 4.10) with two cells and more. */
/** The line between the head and the body of a table. */
const TABLE_RULE = /\n\s{0,4}\|?\s?:?-{2,}:?\s?(?:\||\n)/;
const TABLE_ROW = /^\s{0,4}\|[^|\n]{1,200}\|[^|\n]{1,200}(?:\|[^|\n]{0,200}){0,30}\|\s{0,4}$/m;

/** `name|id|date`, `node; php; python`: three words and more, none of them with arguments, are a list. */
const WORD_LIST = /^\w[\w-]{0,40}(?:\s?\|\s?\w[\w-]{0,40}){2,40}$|^\w[\w-]{0,40}(?:;\s?\w[\w-]{0,40}){2,40}$/;

/** How much a separator says: `$(` is written by shells alone, `&` by every company name. */
const OPENER_WEIGHT: Readonly<Record<string, number>> = {
  '$(': 3,
  '<(': 3,
  '>(': 3,
  '`': 2,
  '|': 2,
  '||': 2,
  '&&': 2,
  '|&': 3,
  ';': 2,
  '&': 1,
  '\n': 0,
  '{': 1,
  '': 0,
};

/**
 * Reads a value as a shell would: separator, command, arguments. None of the three is evidence by itself; a sentence of
 * the shell has all of them, and an English one does not.
 */
export class CommandInjectionDetector implements Detector {
  readonly name = 'command-injection';
  readonly category = 'command_injection' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.has(SEPARATORS) ||
      (profile.hintsAt(Hint.command) &&
        !profile.has(CharacterClass.blank | CharacterClass.dot | CharacterClass.colon) &&
        profile.has(CharacterClass.parenthesis | CharacterClass.mark)) ||
      (profile.hintsAt(Hint.file) && profile.hasAll(CharacterClass.dash | CharacterClass.slash)) ||
      (profile.hintsAt(Hint.command) &&
        (profile.classes & ~(CharacterClass.digit | CharacterClass.blank | CharacterClass.dash)) === 0) ||
      (profile.hintsAt(Hint.command) &&
        profile.has(CharacterClass.slash | CharacterClass.backslash | CharacterClass.dash) &&
        profile.has(CharacterClass.blank | CharacterClass.plus | CharacterClass.control | CharacterClass.backslash)) ||
      profile.hintsAt(Hint.rare)
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    let found = shellConstructs(input);
    for (const command of shellCommands(input.text)) {
      found = stronger(found, this.judge(command, input));
      if (found && found.score >= 7) break;
    }
    return found;
  }

  private judge(command: ShellCommand, input: InspectedText): Finding | undefined {
    const path = command.program;
    const slash = path.lastIndexOf('/');
    const base = path.slice(slash + 1).replace(/\.(?:exe|com|bat|cmd)$/, '');
    const absolute =
      /^\/(?:usr\/|opt\/)?(?:local\/)?s?bin\//.test(path) || (/^[a-z]:/.test(path) && path.includes('system32'));
    // Unix names are case-sensitive: `MySQL` and `Touch` are products, `whoami` and `WHOAMI` (Windows) are programs.
    const word0 = input.text.slice(command.end - path.length, command.end);
    const spelled = command.disguised || word0 === path || (word0.length > 2 && word0 === word0.toUpperCase());
    const adjacent = input.text.charAt(command.at + command.opener.length);
    const executable = command.opener !== '' && path.endsWith('.exe') && /\w/.test(adjacent);
    const program = (SHELL_PROGRAMS.has(base) && spelled) || executable;
    const word = !program && SHELL_WORDS.has(base);
    const globbed = this.isGlobbedPath(path);
    if (!program && !word && !globbed) return undefined;
    // What scripts write to go on after a failure.
    if (command.opener === '||' && /^(?:true|false|exit)$/.test(base)) return undefined;
    if (path.length === 0 || (slash >= 0 && !absolute && !globbed)) return undefined;
    // `data:image/jpeg;base64,/9j/`: an attribute of a data URL (RFC 2397).
    if (base === 'base64' && command.opener === ';' && command.following === ',') return undefined;
    // Brace expansion holds no blanks (Bash manual, section 3.5.1).
    if (command.opener === '{' && (command.following !== ',' || /^,\s/.test(command.rest))) return undefined;
    // What manuals write where a command should stand.
    if (
      command.opener === '$(' &&
      /^(?:cmd|command)$/.test(base) &&
      /\w \$\(\w{3,7}\) \w/.test(input.text.slice(Math.max(0, command.at - 2)))
    )
      return undefined;
    const grouped = adjacent === '(' && program;
    if (command.following === ')' && !/^[$`<>]/.test(command.opener) && !absolute && !grouped) return undefined;
    const shape = this.shapeOf(command, base, input);
    if (shape === undefined) return undefined;
    if (shape === 'none' && WORD_LIST.test(input.text)) return undefined;
    const score =
      globbed && !program ? (command.opener === '' ? 0 : 5) : this.score(command, input, { absolute, program, shape });
    if (score <= 0) return undefined;
    return {
      category: this.category,
      score,
      reason: `${command.opener.trim() || 'command'} ${base}`.trim(),
      index: command.at,
    };
  }

  /** The shape of the arguments, in the light of the program; undefined where the command is a cell or a field. */
  private shapeOf(command: ShellCommand, base: string, { text }: InspectedText): ArgumentShape | undefined {
    if (command.opener === '|' && inTable(text, command.at)) return undefined;
    // `if (` and `for (` are statements of C and its descendants.
    if (
      /^(?:if|for)$/.test(base) &&
      /^\s?\([^(]/.test(command.rest) &&
      !/\bthen\b/.test(text.slice(command.at, command.at + 120))
    )
      return undefined;
    const shape = argumentShape(command, text);
    // `id 5;` is a field and its value; `sleep 5;` is a command.
    if (shape === 'strong' && !NUMERIC.has(base) && /^\s{1,4}\d{1,6}\s{0,4}$/.test(command.rest)) return 'words';
    return shape;
  }

  private score(
    command: ShellCommand,
    input: InspectedText,
    facts: { absolute: boolean; program: boolean; shape: ArgumentShape },
  ): number {
    const { shape } = facts;
    const weight = OPENER_WEIGHT[command.opener] ?? 0;
    if (command.opener === '') {
      if (input.document || input.isName || (input.source === 'body' && COMMAND_FIELD.test(input.name))) return 0;
      if (facts.absolute) return shape === 'strong' || shape === 'none' ? 4 : 3;
      if (command.disguised && facts.program && command.program.length > 3 && input.text.length < 80) return 5;
      const path = /^[ +](?:-\S{1,12}[ +]{1,4}){0,4}(?:[a-z]:|\/\w)/i.test(command.rest);
      if (!facts.program) return shape === 'strong' && path && command.program !== 'file' ? 5 : 0;
      return shape !== 'strong' ? 0 : path || REMOTE.has(command.program) ? 5 : 3;
    }
    if (input.document) {
      // A page of text quotes commands; only a substitution or a pipe with a whole command line stands out.
      return shape === 'strong' && weight >= 2 && input.source !== 'body'
        ? 5
        : shape === 'strong' && command.disguised
          ? 5
          : 0;
    }
    if (command.opener === '\n') {
      const edge = /^[\s"'\\]*$/.test(input.text.slice(0, command.at));
      if (facts.absolute) return 5;
      if (shape === 'strong' && facts.program) return 5;
      return edge && facts.program && (shape === 'none' || shape === 'strong') ? 5 : 0;
    }
    if (facts.absolute) return 6;
    if (command.opener === '`' && (shape === 'none' || input.source === 'body') && isCodeSpan(input.text, command.at))
      return 0;
    if (
      command.opener === ';' &&
      shape === 'none' &&
      input.source === 'header' &&
      insideComment(input.text, command.at)
    )
      return 0;
    if (command.disguised && facts.program) return 6;
    if (command.opener === '{') return facts.program ? 5 : 0;
    if (shape === 'none' && this.isWholeCommand(input.text)) return 5;
    if (
      shape === 'none' &&
      command.opener.length === 2 &&
      input.text.length < 40 &&
      input.text.slice(0, command.at).trim() === ''
    )
      return 4;
    // A value that begins with the separator was meant to be appended to a command.
    if (
      shape === 'words' &&
      weight + (facts.program ? 1 : 0) >= 2 &&
      input.text.length < 48 &&
      isFirst(input.text, command)
    )
      return 4;
    switch (shape) {
      case 'strong':
        return facts.program ? 4 + Math.max(1, weight) : weight >= 2 ? 6 : 5;
      case 'none':
        if (!facts.program) return weight >= 3 ? 5 : 0;
        if (command.opener === '&') return command.following === '=' ? 0 : input.text.length < 40 ? 5 : 3;
        return weight >= 2 ? 5 + (weight >= 3 ? 1 : 0) : 3;
      case 'words':
        return facts.program && weight >= 3 ? 6 : facts.program && command.program.length > 3 && weight >= 2 ? 3 : 0;
      default:
        return 0;
    }
  }

  /** Nothing but a separator and a word: `; dir`, `|| ver |`. */
  private isWholeCommand(text: string): boolean {
    return (
      text.length < 40 &&
      /^\s{0,4}(?:[;|&]{1,2}|`|\$\()\s{0,4}[\w./]{2,24}\s{0,4}(?:[;|&]{1,2}|`|\))?\s{0,4}$/.test(text)
    );
  }

  /** `/b?n/c?t`, `/e*c/p*d`: wildcards inside the segments of an absolute path. */
  private isGlobbedPath(word: string): boolean {
    if (!word.startsWith('/') || word.length > 60) return false;
    return (
      /^(?:\/[a-z0-9?*[\]-]{1,20}){2,5}$/.test(word) &&
      /[a-z?*]\?[a-z?*]|\?{2}|[a-z]\*[a-z]/.test(word) &&
      (word.match(/[?*]/g)?.length ?? 0) >= 2
    );
  }
}

/** Whether the pipe at `at` bounds a cell of a table. */
function inTable(text: string, at: number): boolean {
  const start = Math.max(text.lastIndexOf('\n', at) + 1, at - 1000);
  const newline = text.indexOf('\n', at);
  const row = text.slice(start, newline < 0 ? at + 1000 : newline);
  return (
    row.length < 1000 &&
    (TABLE_ROW.test(row) || isLongRow(row) || (row.trim().startsWith('|') && TABLE_RULE.test(text.slice(0, 4000))))
  );
}

/** A row whose cells are too long for the pattern: pipes at both ends and two more between. */
function isLongRow(row: string): boolean {
  const cells = row.trim();
  return cells.length > 200 && cells.startsWith('|') && cells.endsWith('|') && cells.split('|').length >= 5;
}

/** A comment of a product list: `(Linux; U; vi; rv)` (RFC 9110, section 10.1.5). */
function insideComment(text: string, at: number): boolean {
  const open = text.lastIndexOf('(', at);
  return open > 0 && open > text.lastIndexOf(')', at) && text.charAt(open - 1) === ' ';
}

/** Whether the separator is the first thing in the text, and the command is spelled as commands are. */
function isFirst(text: string, { at, program }: ShellCommand): boolean {
  return text.slice(0, at).trim() === '' && /^[a-z][\w.-]{0,20}$/.test(program) && text === text.toLowerCase();
}

/** `Use \`ls\` often`: a code span between words. */
function isCodeSpan(text: string, at: number): boolean {
  const close = text.indexOf('`', at + 1);
  if (close < 0) return false;
  const before = text.slice(Math.max(0, at - 4), at);
  const after = text.slice(close + 1, close + 60);
  // First in a sentence or a heading, the text of a link, or in parentheses.
  if (/^(?:#{1,6} )?$/.test(before)) return /^[,:]?\s\(?[a-z]{2,20}(?: |, )(?:[a-z]{1,20}\b|v?\d)/i.test(after);
  if (before.endsWith('[')) return after.startsWith('](');
  if (before.endsWith('**')) return after.startsWith('**');
  if (/\w[.,`]?\s\($/.test(before)) return /^[),]/.test(after);
  return /[\w.,:;()\]>"|-]\s{1,3}$/.test(before) && /^(?:[\s.,:;!?)|/]|$)/.test(after.slice(0, 1));
}
