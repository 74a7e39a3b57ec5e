import { countClimbs, normalisePath } from '../grammar/path-forms';
import { sensitivityOf } from '../grammar/sensitive-paths';
import { CharacterClass } from '../scan/character-classes';
import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** Files that documents and configurations refer to by relative paths. */
const ASSET =
  /\.(?:json|jsonc|md|mdx|ts|tsx|js|jsx|mjs|cjs|css|scss|less|html?|png|jpe?g|gif|svg|webp|pdf|ya?ml|map|d\.ts|xsd|xml|wasm|vue|rst|proto|avsc)(?:[#?].*)?$/;
/** Files that a server runs, or keeps to itself. */
const SERVER_FILE =
  /\.(?:php\d?|phtml|inc|jspx?|aspx?|cgi|pl|py|rb|sh|conf|cfg|ini|config|properties|env|key|pem|crt|sql|sqlite\d?|db|bak|log|passwd|htpasswd)(?:[?#\0].*)?$/;
/** Longest run of text in which a path is looked for around its dots. */
const WINDOW = 400;

/** Steps out of a directory: counts `..` segments of the normalised path and looks at where they lead. */
export class PathTraversalDetector implements Detector {
  readonly name = 'path-traversal';
  readonly category = 'path_traversal' as const;

  concerns(profile: TextProfile): boolean {
    return (
      profile.classes === CharacterClass.dot ||
      profile.hintsAt(Hint.traversal) ||
      profile.hasAll(CharacterClass.dot | CharacterClass.semicolon)
    );
  }

  inspect(input: InspectedText): Finding | undefined {
    const { text, source, document, isName } = input;
    const at = Math.max(0, firstDots(text));
    const path = normalisePath(text.length > WINDOW ? text.slice(Math.max(0, at - 60), at + WINDOW) : text);
    const { climbs, leading } = countClimbs(path);
    const finding = (score: number, reason: string): Finding => ({ category: this.category, score, reason, index: at });
    if (climbs === 0 || !/(?:^|[^.\w])\.{2}(?:\/|$)|\w\.{2}\//.test(path)) return this.padded(input, path);
    const target = path.slice(path.lastIndexOf('../') + 3);
    const spaced = /\s/.test(text.trim()) && !/^[./\\]/.test(text.trim());
    if (spaced && source === 'body' && !document) {
      const steps = longestClimb(path);
      if (steps.climbs < 3 && steps.asset) return undefined;
    }
    const secret = sensitivityOf(path.replaceAll('../', '')) >= 3 || sensitivityOf(`/${target}`) >= 3;
    if (secret && (!spaced || climbs > 1))
      return finding(document ? (source === 'body' || source === 'query' ? 3 : 4) : 7, 'path to a sensitive file');
    if (source === 'path') return finding(6, 'dot segments in the request path');
    if (text.includes('..;') && path.includes('/..')) return finding(6, 'dot segment with a path parameter');
    // Whoever writes an ordinary path does not encode its dots and slashes once more.
    if (source === 'body' && input.layers.includes('percent') && !spaced && !isName)
      return finding(5, 'climbs a directory in disguise');
    if (input.name === 'filename') return finding(5, 'directory in a file name');
    if (!spaced && SERVER_FILE.test(target)) return finding(source === 'body' ? 4 : 5, 'climbs to a file of a server');
    const backslashes = text.includes('..\\');
    if (isName) return finding(climbs > 1 ? 5 : 3, 'path in a name');
    if (document || spaced)
      return climbs >= 3 && !ASSET.test(target)
        ? finding(source === 'body' && document ? 3 : 5, 'climbing path')
        : undefined;
    const evasive =
      text.includes('\0') || /\.{3}[\\/]/.test(text.slice(at, at + 40)) || input.layers.includes('percent');
    const asset = !evasive && ASSET.test(target);
    if (climbs >= 2)
      return finding(source === 'body' && asset ? (climbs >= 4 ? 5 : 2) : 6, `climbs ${climbs} directories`);
    if (backslashes)
      return finding(
        !evasive && /\.(?:txt|docx?|xlsx?|pdf)$/.test(target) ? 3 : asset ? 4 : 5,
        'climbs with a backslash',
      );
    if (source !== 'body') return finding(target === '' || (leading && !asset) ? 5 : 3, 'climbs a directory');
    return finding(leading && !asset ? 3 : 2, 'climbs a directory');
  }

  /** Long rows of `/./` or of dots exhaust path buffers and have no other use. */
  private padded({ text, document }: InspectedText, path: string): Finding | undefined {
    if (document) return undefined;
    const rows =
      path.includes('/././') ||
      /(?:\.\s?[\\/]\s?){3}/.test(path.slice(0, WINDOW)) ||
      /\/\.\r|\.\r\.|\.\0\./.test(text.slice(0, WINDOW));
    if (rows) return { category: this.category, score: 5, reason: 'padded path', index: 0 };
    if (/^(?:\.\.[;\\.]{1,4}){2,}/.test(text.slice(0, 40)) || /(?:\.\.?[;\\]){3}/.test(text.slice(0, 80))) {
      return { category: this.category, score: 5, reason: 'dot segments in another spelling', index: 0 };
    }
    return undefined;
  }
}

/** The longest climb of one path in a text, and whether all its climbing paths lead to files of projects. */
function longestClimb(path: string): { climbs: number; asset: boolean } {
  let climbs = 0;
  let asset = true;
  for (const word of path.split(/[\s"'()[\]<>{},`]+/)) {
    if (!word.includes('../')) continue;
    climbs = Math.max(climbs, countClimbs(word).climbs);
    asset &&= ASSET.test(word.replace(/[.:;!?]+$/, ''));
  }
  return { climbs, asset };
}

function firstDots(text: string): number {
  const dots = text.indexOf('..');
  return dots >= 0 ? dots : text.indexOf('.');
}
