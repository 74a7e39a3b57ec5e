// The end-to-end suite on Nest 11: every package of the Nest 11 line is taken from compat/nest11, everything else from here.
const base = require('./jest.config.js');
const { dependencies } = require('./compat/nest11/package.json');

const nest11 = Object.keys(dependencies).filter(
  (name) => name.startsWith('@nestjs/') || name.startsWith('@apollo/') || name.startsWith('@as-integrations/'),
);
const mapped = Object.fromEntries(
  nest11.flatMap((name) => [
    [`^${name}$`, `<rootDir>/compat/nest11/node_modules/${name}`],
    [`^${name}/(.*)$`, `<rootDir>/compat/nest11/node_modules/${name}/$1`],
  ]),
);
// One copy of what both sides share by identity.
const shared = Object.fromEntries(
  ['rxjs', 'reflect-metadata', 'graphql'].flatMap((name) => [
    [`^${name}$`, `<rootDir>/node_modules/${name}`],
    [`^${name}/(.*)$`, `<rootDir>/node_modules/${name}/$1`],
  ]),
);

module.exports = {
  ...base,
  testRegex: '(test|sample)/.*\\.e2e-spec\\.ts$',
  modulePathIgnorePatterns: base.modulePathIgnorePatterns.filter((pattern) => !pattern.endsWith('/compat')),
  moduleNameMapper: { ...base.moduleNameMapper, ...mapped, ...shared },
};
