// Everything in one file. Nest asks for these packages when it starts, and does without them: so must the bundle.
const { IgnorePlugin } = require('webpack');

const optional = [
  /^@nestjs\/(microservices|websockets)(\/|$)/,
  /^@fastify\/(static|view|multipart)$/,
  /^class-transformer(\/|$)/,
];

module.exports = (options) => ({
  ...options,
  externals: [],
  plugins: [
    ...options.plugins,
    new IgnorePlugin({ checkResource: (resource) => optional.some((name) => name.test(resource)) }),
  ],
});
