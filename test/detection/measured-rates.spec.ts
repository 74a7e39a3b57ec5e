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
  statements: [57, 57],
  pages: [64, 64],
  shells: [50, 52],
  climbing: [31, 31],
  hostfiles: [53, 61],
  remotes: [29, 32],
  addresses: [39, 39],
  engines: [65, 67],
  programs: [59, 63],
  operators: [29, 31],
  pollution: [24, 25],
  filters: [25, 25],
  entities: [25, 26],
  breaks: [29, 29],
  streams: [31, 32],
  evaluations: [32, 33],
  latersql: [37, 38],
  laterxss: [36, 36],
  latercommand: [41, 42],
  latervarious: [65, 66],
};
const HARMLESS: Readonly<Record<string, readonly [refused: number, all: number]>> = {
  forum: [0, 40],
  lessons: [4, 22],
  prose: [2, 40],
  identifiers: [0, 65],
  logs: [1, 32],
  markup: [1, 22],
  json: [2, 54],
  mixed: [1, 116],
  graphql: [0, 8],
  filters: [0, 28],
  webhooks: [5, 25],
  sentences: [4, 58],
  people: [0, 50],
  cookies: [0, 10],
  tokens: [0, 27],
  passwords: [1, 12],
  maths: [1, 29],
  globs: [1, 18],
  selectors: [2, 14],
  agents: [0, 15],
  referers: [1, 7],
  urls: [1, 41],
  journals: [0, 12],
  commits: [1, 29],
  markdown: [0, 9],
  filenames: [3, 23],
  csv: [0, 13],
  searches: [4, 34],
  traffic: [2, 129],
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
