// The faults of docs/reliability.md, over several application processes: for most of an hour, or with FAULTS=short for a
// minute and a half of the same with fewer rounds and without what needs nginx, HAProxy, libfaketime or patience.
const base = require('./jest.config.js');

const short = process.env.FAULTS === 'short';
const patient = ['proxies', 'cluster', 'clocks', 'cardinality', 'soak', 'event-loop'];

module.exports = {
  ...base,
  testRegex: 'test/faults/.*\\.faults-spec\\.ts$',
  testPathIgnorePatterns: ['/node_modules/', ...(short ? [`test/faults/(?:${patient.join('|')})\\.`] : [])],
  testTimeout: 180_000,
  // One file at a time: each loads the machine by itself.
  maxWorkers: 1,
};
