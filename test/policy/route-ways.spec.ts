import { RouteWays } from '../../lib/policy/route-ways';

describe('RouteWays', () => {
  const VERSIONS = ['/api/v1/cats/:id', '/api/v2/cats/:id', '/cats/:id'];

  it.each<[paths: string[], path: string, taken: string]>([
    [['/cats/:id'], '/cats/7', '/cats/:id'],
    [['/cats/:id'], '/elsewhere', '/cats/:id'],
    [VERSIONS, '/api/v2/cats/7', '/api/v2/cats/:id'],
    [VERSIONS, '/API/V1/Cats/7/', '/api/v1/cats/:id'],
    [VERSIONS, '/api/%761/c%61ts/7', '/api/v1/cats/:id'],
    [VERSIONS, '/cats/%zz', '/cats/:id'],
    [VERSIONS, '/mounted/api/v1/cats/7', VERSIONS.join('|')],
    [['/a', '/a/:b'], '/a', '/a'],
    [['/a', '/a/:b'], '/a/1', '/a/:b'],
    [['/:any', '/cats'], '/dogs', '/:any'],
    [['/:any', '/cats'], '/cats', '/:any|/cats'],
    [['/v1/:from-:to', '/v2/:from-:to'], '/v2/a-b', '/v2/:from-:to'],
    [['/v1/files/*path', '/v2/files/*path'], '/v2/files/a/b', '/v2/files/*path'],
    [['/v1/files{/*path}', '/v2/files{/*path}'], '/v1/files', '/v1/files{/*path}'],
    [['/v1{/:id}', '/v1/all'], '/v1/all', '/v1{/:id}|/v1/all'],
    [['/', '/home'], '/', '/'],
  ])('of %j, %s took %s', (paths, path, taken) => {
    const ways = new RouteWays('GET', paths);
    expect(ways.taken(path)).toBe(`GET ${taken}`);
    expect(ways.labels).toContain(ways.taken(path));
  });

  it('names what has no paths', () => {
    expect(new RouteWays('Query cats', []).taken('/graphql')).toBe('Query cats');
  });
});
