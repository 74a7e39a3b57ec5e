import { EndpointPattern, endpointPatternProblem } from '../../lib/rate-limit/endpoint-pattern';

describe('EndpointPattern', () => {
  it.each([
    ['/cats', 'GET', '/cats', true],
    ['/cats', 'GET', '/cats/', true],
    ['/cats', 'GET', '/CATS', false],
    ['/cats', 'GET', '/cats/:id', false],
    ['/cats/:id', 'GET', '/cats/:name', true],
    ['/cats/:id', 'GET', '/cats/all', false],
    ['/cats/7', 'GET', '/cats/:id', false],
    ['/', 'GET', '/', true],
    ['/', 'GET', '/cats', false],
    ['POST /cats', 'POST', '/cats', true],
    ['POST /cats', 'GET', '/cats', false],
    ['POST /cats', 'ALL', '/cats', true],
    ['ALL /cats', 'GET', '/cats', true],
    ['/cats/*', 'GET', '/cats/:id/toys', true],
    ['/cats/*', 'GET', '/cats', false],
    ['/cats/*', 'GET', '/catsanddogs/x', false],
    ['/*', 'GET', '/cats', true],
    ['/files/*path', 'GET', '/files/*rest', true],
    ['/files/{*path}', 'GET', '/files/a', true],
  ])('%s, for the template %s %s: %s', (pattern, method, template, covers) => {
    expect(new EndpointPattern(pattern).coversTemplate(method, template)).toBe(covers);
  });

  it.each([
    ['/cats/:id', '/cats/7', true],
    ['/cats/:id', '/cats', false],
    ['/cats/:id', '/cats/7/toys', false],
    ['GET /cats/all', '/cats/all', true],
    ['POST /cats/all', '/cats/all', false],
    ['/files/*rest', '/files/a/b', true],
    ['/files/*rest', '/other/a', false],
  ])('%s, for GET of the path %s: %s', (pattern, path, covers) => {
    expect(new EndpointPattern(pattern).coversPath('GET', path)).toBe(covers);
  });

  it('puts the most specific first', () => {
    const patterns = ['/*', '/cats/*', '/cats/:id', 'GET /cats/:id', '/cats/all', '/cats/:id/*'];
    const sorted = [...patterns].sort((a, b) => new EndpointPattern(b).weight - new EndpointPattern(a).weight);
    expect(sorted).toEqual(['/cats/all', 'GET /cats/:id', '/cats/:id', '/cats/:id/*', '/cats/*', '/*']);
  });

  it.each(['cats', '', 'get /cats', 'GET cats', '/cats dogs'])('refuses %j', (text) => {
    expect(endpointPatternProblem(text)).toMatch(/is not a path/);
  });
});
