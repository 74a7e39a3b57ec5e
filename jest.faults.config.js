// The faults of docs/redis.md and more, for minutes instead of moments, over several application processes.
const base = require('./jest.config.js');

module.exports = {
  ...base,
  testRegex: 'test/faults/.*\\.faults-spec\\.ts$',
  testTimeout: 180_000,
  // One file at a time: each loads the machine by itself.
  maxWorkers: 1,
};
