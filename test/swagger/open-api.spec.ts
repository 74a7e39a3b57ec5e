import { openApiPath } from '../../lib/swagger/open-api';

describe('the path of a template in OpenAPI', () => {
  it.each([
    ['/cats', '/cats'],
    ['/cats/', '/cats'],
    ['/', '/'],
    ['/cats/:id', '/cats/{id}'],
    ['/cats/:id/toys/:toy', '/cats/{id}/toys/{toy}'],
    ['/cats/:id(\\d+)', '/cats/{id}'],
    ['/files/*path', '/files/{path}'],
    ['/cats{/:page}', '/cats/{page}'],
    ['/cats{/page/:number}', '/cats/page/{number}'],
    ['/files{/*path}', '/files/{path}'],
  ])('%s: %s', (template, path) => expect(openApiPath(template)).toBe(path));
});
