import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { decodedForms } from '../../lib/detection/decoding/decoded-forms';
import { DETECTORS } from '../../lib/detection/detectors/all-detectors';
import { InspectedValue } from '../../lib/detection/inspected-value';
import { scan, TextProfile } from '../../lib/detection/scan/prefilter';

/** What detectors read ahead for: each repeated on its own is the worst case of somebody. */
const PUMPS = [
  "'", '"', '`', '<', '<a ', '<a b="', '</', '<!', '&', '&#', '&#x', '|', ';', '; ', '(', '(a', '((a=', ')(', '[', '{', '{{', '{%', '${',
  '$(', '%', '%25', '%c0', '\\', '\\u', '=', '*', '/*', '--', ' ', '\n', '\r\n', '\t', '\0', 'a', 'a ', '1', '1,', '.', '..', '../', '/', ':',
  '://', '@', '+', '_', 'on', 'onx=', "' or ", 'or 1 ', 'union ', 'select ', 'exec ', 'alert', 'a.b.', 'document.', 'javascript:', 'http://a@',
  'O:1:"', '<?', '{"$', 'count(', '${jndi', '\nHTTP/', 'GET ', 'a=b;', 'cat ', '/e?c/', '"a"', '0x', 'é', 'YWFh', '() {', 'while(', '<![CDATA[',
]; // prettier-ignore

const SIZE = 1 << 20;

function cpu(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function valueOf(text: string): InspectedValue {
  const profile = new TextProfile();
  scan(text, profile);
  return new InspectedValue(text, profile, 'query', 'q', '/', false, false, []);
}

describe('Linear time', () => {
  // Growth, not time: four times the text may cost eight times as much, and never the sixteen of a square.
  it.each(DETECTORS.map((detector) => [detector.name, detector] as const))('%s', (_name, detector) => {
    for (const pump of PUMPS) {
      const whole = pump.repeat(Math.ceil(SIZE / pump.length)).slice(0, SIZE);
      const time = cpu(() => detector.inspect(valueOf(whole)));
      if (time < 250) continue;
      const quarter = Math.min(...[1, 2, 3].map(() => cpu(() => detector.inspect(valueOf(whole.slice(0, SIZE / 4))))));
      const again = Math.min(...[1, 2, 3].map(() => cpu(() => detector.inspect(valueOf(whole)))));
      expect({ pump, grows: again > 250 && again > quarter * 8 }).toEqual({ pump, grows: false });
    }
  });

  it('decoders', () => {
    for (const pump of PUMPS) {
      const { text, profile } = valueOf(pump.repeat(Math.ceil(SIZE / pump.length)).slice(0, SIZE));
      expect({ pump, slow: cpu(() => decodedForms(text, profile)) > 2000 }).toEqual({ pump, slow: false });
    }
  });
});

/** Every regular expression in the room, as written. */
function expressions(): [file: string, expression: RegExp][] {
  const root = path.resolve(__dirname, '../../lib/detection');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => literalsOf(file, readFileSync(path.join(root, file), 'utf8')));
}

function literalsOf(file: string, code: string): [string, RegExp][] {
  const found: [string, RegExp][] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      found.push([file, new RegExp(node.text.slice(1, end), node.text.slice(end + 1))]);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, code, ts.ScriptTarget.ES2022));
  return found;
}

describe('Regular expressions', () => {
  const found = expressions();

  it('are found by this test', () => {
    expect(found.length).toBeGreaterThan(100);
  });

  it('never repeat what repeats already', () => {
    const nested = found.filter(([, { source }]) =>
      /\((?:[^()\\]|\\.)*[^\\?](?:[*+]|\{\d+,\})(?:[^()\\]|\\.)*\)(?:[*+]|\{\d+,\})/.test(source),
    );
    expect(nested.map(([file, { source }]) => `${file}: ${source}`)).toEqual([]);
  });

  it('search the longest text that they are given without backtracking noticeably', () => {
    // Detectors search at most 20,000 characters; a pattern that grows with their square takes hundreds of milliseconds.
    const texts = PUMPS.map((pump) => pump.repeat(Math.ceil(20_000 / pump.length)).slice(0, 20_000));
    const slow = found.flatMap(([file, expression]) =>
      texts
        .map((text, index) => ({ pump: PUMPS[index], time: fastest(() => expression.test(text)) }))
        .filter(({ time }) => time > 60)
        .map(({ pump, time }) => `${file}: ${expression.source} on ${JSON.stringify(pump)}: ${Math.round(time)} ms`),
    );
    expect(slow).toEqual([]);
  });
});

/** CPU milliseconds of a run; of the best of three where the first is suspicious, since compiling counts too. */
function fastest(work: () => void): number {
  const first = cpu(work);
  return first <= 60 ? first : Math.min(first, cpu(work), cpu(work));
}
