import { DetectionEngine } from '../../lib/detection/detection-engine';
import { type Sample, samplesOf } from './sample-requests';

/**
 * Of each kind how many are refused, and how many there are; docs/detection.md quotes the sums. More found attacks or fewer
 * refused requests are welcome, and belong here and there.
 */
const ATTACKS: Readonly<Record<string, readonly [refused: number, all: number]>> = {
  sql: [74, 77],
  scripts: [83, 84],
  commands: [107, 114],
  traversal: [58, 59],
  inclusion: [53, 55],
  forgery: [71, 75],
  xml: [33, 34],
  ldap: [37, 39],
  nosql: [63, 63],
  templates: [99, 111],
  includes: [45, 46],
  headers: [53, 56],
  prototypes: [41, 43],
  objects: [55, 62],
  lookups: [47, 47],
  code: [108, 114],
  xpath: [8, 8],
  files: [12, 12],
};
const HARMLESS: Readonly<Record<string, readonly [refused: number, all: number]>> = {
  forum: [0, 40],
  lessons: [5, 22],
  prose: [2, 40],
  identifiers: [0, 65],
  logs: [2, 32],
  markup: [1, 22],
  json: [2, 54],
  mixed: [2, 116],
};

const engine = new DetectionEngine();

function isRefused({ request }: Sample): boolean {
  const { suspicious, truncated } = engine.inspect(request);
  return suspicious || truncated !== undefined;
}

describe('Measured rates', () => {
  it.each([...samplesOf('attacks')])('of attacks: %s', (kind, samples) => {
    const missed = samples.filter((sample) => !isRefused(sample)).map(({ line }) => line);
    const counts = [samples.length - missed.length, samples.length];
    expect({ counts, missed }).toEqual({ counts: ATTACKS[kind], missed });
  });

  it.each([...samplesOf('harmless')])('of harmless requests: %s', (kind, samples) => {
    const refused = samples.filter(isRefused).map(({ line }) => line);
    expect({ counts: [refused.length, samples.length], refused }).toEqual({ counts: HARMLESS[kind], refused });
  });
});
