const base = require('./jest.config.js');

module.exports = { ...base, transform: { '\\.(t|j)s$': ['@swc/jest', require('./swc.json')] } };
