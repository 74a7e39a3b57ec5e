import { loadPackage } from '../../lib/metrics/optional-package';

it('says what to install', () => {
  expect(() => loadPackage('prom-client-that-is-not-there', 'prometheusMetrics()')).toThrow(
    'prometheusMetrics() needs the package prom-client-that-is-not-there: npm install prom-client-that-is-not-there',
  );
});

it('loads what is installed', () => {
  expect(loadPackage('prom-client', 'prometheusMetrics()')).toHaveProperty('Registry');
});
