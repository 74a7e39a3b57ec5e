import { readFileSync } from 'node:fs';
import { decodedForms } from '../detection/decoding/decoded-forms';
import { DetectionEngine } from '../detection/detection-engine';
import { SCORE_LIMITS, STRIKE_SCORE } from '../detection/detection-policy';
import type {
  DetectionResult,
  DetectionSensitivity,
  InspectedRequest,
  ValueSource,
} from '../detection/detection.types';
import { scan, TextProfile } from '../detection/scan/prefilter';
import { type Command, EXIT, oneOf, readArguments } from './command';
import { printable } from './printable';

const SOURCES: readonly ValueSource[] = ['query', 'path', 'header', 'cookie', 'body'];
const SENSITIVITIES: readonly DetectionSensitivity[] = ['low', 'default', 'high'];

const USAGE = `nestapi-guard explain <payload> [options]

Shows how detection decodes and judges a value. A payload of - is read from the standard input.

  --source <source>            ${SOURCES.join(', ')}; default body
  --name <name>                the parameter, header, cookie or field that carries it
  --sensitivity <sensitivity>  ${SENSITIVITIES.join(', ')}; default default
  --fail-on suspicious         exit code 1 when the value would be refused
  --json                       print JSON
`;

const OPTIONS = {
  source: { type: 'string', default: 'body' },
  name: { type: 'string' },
  sensitivity: { type: 'string', default: 'default' },
  'fail-on': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** How detection sees a value. */
interface Explanation extends DetectionResult {
  readonly value: string;
  readonly source: ValueSource;
  readonly sensitivity: DetectionSensitivity;
  /** The score from which a request is refused. */
  readonly limit: number;
  /** Whether it would count towards a ban. */
  readonly strike: boolean;
  readonly refusedAt: readonly DetectionSensitivity[];
  readonly forms: readonly { readonly text: string; readonly layers: readonly string[] }[];
}

export const explainCommand: Command = {
  usage: USAGE,
  async run(args, { out }) {
    const { values, positionals } = readArguments(args, OPTIONS, ['payload']);
    const source = oneOf('--source', values.source, SOURCES);
    const sensitivity = oneOf('--sensitivity', values.sensitivity, SENSITIVITIES);
    const failing =
      values['fail-on'] !== undefined && oneOf('--fail-on', values['fail-on'], ['suspicious']) !== undefined;
    const [given = ''] = positionals;
    const payload = given === '-' ? readFileSync(0, 'utf8').replace(/\n$/, '') : given;
    const explanation = explain(payload, source, sensitivity, values.name);
    out.write(values.json ? `${JSON.stringify(explanation, null, 2)}\n` : render(explanation));
    return failing && explanation.suspicious ? EXIT.found : EXIT.ok;
  },
};

function explain(
  value: string,
  source: ValueSource,
  sensitivity: DetectionSensitivity,
  name: string | undefined,
): Explanation {
  const engine = new DetectionEngine({ sensitivity });
  const result =
    name === undefined ? engine.inspectValue(value, source) : engine.inspect(requestWith(value, source, name));
  const worst = Math.max(0, ...result.threats.map(({ score }) => score));
  return {
    value,
    source,
    sensitivity,
    limit: SCORE_LIMITS[sensitivity],
    strike: result.suspicious && worst >= STRIKE_SCORE,
    refusedAt: SENSITIVITIES.filter((level) => result.score >= SCORE_LIMITS[level]),
    forms: formsOf(value),
    ...result,
  };
}

function formsOf(value: string): Explanation['forms'] {
  const profile = new TextProfile();
  scan(value, profile);
  return decodedForms(value, profile);
}

/** A request that carries nothing but the value, under a name. */
function requestWith(value: string, source: ValueSource, name: string): InspectedRequest {
  const request = { method: 'POST', path: '/', headers: {} };
  switch (source) {
    case 'query':
      return { ...request, query: `${encodeURIComponent(name)}=${encodeURIComponent(value)}` };
    case 'path':
      return { ...request, path: value };
    case 'header':
      return { ...request, headers: { [name.toLowerCase()]: value } };
    case 'cookie':
      return { ...request, headers: { cookie: `${name}=${encodeURIComponent(value)}` } };
    case 'body':
      return { ...request, body: { [name]: value } };
  }
}

function render(explanation: Explanation): string {
  const { suspicious, score, limit, sensitivity, source, threats, forms, refusedAt, strike, truncated } = explanation;
  const verdict = suspicious ? 'refused' : 'passes';
  const lines = [
    `${suspicious ? 'SUSPICIOUS' : 'CLEAN'}  score ${score}, ${verdict}: ${sensitivity} sensitivity refuses from ${limit} on`,
    '',
    `Read as ${source === 'body' ? 'the body' : `a value of the ${source}`}`,
    ...forms.map(
      ({ text, layers }) => `  ${layers.length === 0 ? 'as sent' : layers.join(' → ')}: ${printable(text, 160)}`,
    ),
  ];
  if (threats.length > 0) lines.push('', 'Found');
  for (const { category, detector, path, excerpt, decoded, reason, score: points } of threats) {
    const layers = decoded.length === 0 ? '' : `, under ${decoded.join(' → ')}`;
    lines.push(`  ${points}  ${category}: ${reason} (${detector})`, `     in ${path}${layers}: ${excerpt}`);
  }
  if (threats.length > 0) {
    lines.push('', `Refused at: ${refusedAt.length === 0 ? 'no sensitivity' : refusedAt.join(', ')}`);
    if (strike) lines.push(`Counts as a strike towards a ban (from ${STRIKE_SCORE} on)`);
  }
  if (truncated !== undefined) lines.push('', `Not inspected to its end: ${truncated.join(', ')}`);
  return `${lines.join('\n')}\n`;
}
