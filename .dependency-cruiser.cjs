// The import directions of docs/architecture.md. A room may import itself and what its row lists; nothing else.
const foundations = {
  network: [],
  patterns: [],
  config: ['network', 'patterns'],
  platform: ['config', 'network'],
  observability: ['config', 'platform', 'network'],
  state: ['config', 'observability'],
  policy: ['config', 'platform', 'network', 'patterns', 'observability'],
  response: ['config', 'patterns', 'platform', 'policy'],
};
const all = Object.keys(foundations);
const services = ['bans', 'geo', 'cloud', 'behavior', 'detection'];
const features = ['access', 'authentication', 'content', 'rate-limit', ...services];
const rooms = {
  ...foundations,
  ...Object.fromEntries(features.map((room) => [room, [...all.filter((name) => name !== 'response'), ...services]])),
  pipeline: all,
  // Its guard is one of the three guards of the pipeline.
  'rate-limit': [...all.filter((name) => name !== 'response'), ...services, 'pipeline'],
  // What operators look at. Nothing of the request path knows these rooms.
  health: [...all, ...services],
  metrics: [...all, ...services, 'health', 'pipeline'],
  swagger: [...all, 'rate-limit'],
  rehearsal: all,
};

const rules = Object.entries(rooms).map(([room, allowed]) => ({
  name: `room-${room}`,
  severity: 'error',
  comment: `${room}/ may import only: ${allowed.join(', ') || 'nothing'}`,
  from: { path: `^lib/${room}/` },
  to: { path: '^lib/', pathNot: `^lib/(${[room, ...allowed].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...rules,
    {
      name: 'entry-points',
      severity: 'error',
      comment:
        'cli/ and testing/ are entered from outside, like index.ts: they may import anything, and nothing imports them',
      from: { path: '^lib/', pathNot: '^lib/(cli|testing)/' },
      to: { path: '^lib/(cli|testing)/' },
    },
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'ioredis-only-in-state',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(state|config)/' },
      to: { path: 'node_modules/ioredis' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
  },
};
