// Nest 12 is published as ES modules only. Jest's CommonJS mode is the one mode that runs on every supported
// Node version, so those packages are compiled to CommonJS on the way in.
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];
const esmOnly = [
  '@nestjs',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@borewit',
  '@tokenizer',
  'load-esm',
  'light-my-request',
  'cookie',
];

module.exports = {
  testEnvironment: 'node',
  maxWorkers: '100%',
  // Tests start real servers, on whatever machine CI has.
  testTimeout: 60_000,
  testRegex: '(test|sample)/.*\\.(e2e-)?spec\\.ts$',
  // Runs where the packed tarball is installed, with nothing optional beside it.
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/consumer/'],
  moduleFileExtensions: ['js', 'json', 'ts'],
  moduleNameMapper: {
    '^nestapi-guard$': '<rootDir>/lib',
    '^nestapi-guard/testing$': '<rootDir>/lib/testing',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/compat', '<rootDir>/.tmp'],
  transform: { '^.+\\.(t|j)s$': swc },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
};
