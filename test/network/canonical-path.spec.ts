import { isCanonicalPath, pathOfTarget, PathPrefixes } from '../../lib/network/canonical-path';
import { SeededRandom } from './seeded-random';

it.each([
  '/',
  '/a',
  '/a/',
  '/a/b.c',
  '/.well-known/x',
  '/...',
  '/a..b',
  '/a.',
  '/openapi.json',
  "/a:b@c,d+e=(f)~_-!$&'*",
])('%j is canonical', (path) => expect(isCanonicalPath(path)).toBe(true));

it.each([
  '',
  'a',
  '*',
  '//',
  '//a',
  '/a//b',
  '/.',
  '/..',
  '/./a',
  '/a/.',
  '/a/..',
  '/a/../b',
  '/%61',
  '/a%2fb',
  '/a;b',
  '/a\\b',
  '/a\0',
  '/a\tb',
  '/a b',
  '/a\x7f',
  '/a#b',
  '/a?b',
  '/ä',
  '/a\n',
  '/"',
  '/<a>',
])('%j is not canonical', (path) => expect(isCanonicalPath(path)).toBe(false));

it.each([
  ['/', '/'],
  ['/a?b', '/a'],
  ['/a?b?c', '/a'],
  ['?b', ''],
  ['http://host/a', '/a'],
  ['HTTPS://host:80/a/b?c=/d', '/a/b'],
  ['http://host', '/'],
  ['http://host?a', '/'],
  ['http://u@[::1]/a', '/a'],
  ['*', '*'],
  ['/http://host/a', '/http://host/a'],
  ['host:443', 'host:443'],
])('the path of %j is %j', (target, path) => expect(pathOfTarget(target)).toBe(path));

describe('PathPrefixes', () => {
  const prefixes = new PathPrefixes(['/docs', '/static/', '/a/b', '/openapi.json', '/sta']);

  it.each([
    '/docs',
    '/docs/',
    '/docs?x',
    '/docs/x?a=%2e&b=//..;',
    '/static',
    '/static/',
    '/static/x/y.js',
    '/sta/x',
    '/a/b',
    '/a/b/c',
    '/openapi.json',
    'http://host/docs',
    'https://host/docs/x?y',
  ])('match %s', (target) => expect(prefixes.matches(target)).toBe(true));

  it.each([
    '',
    '/',
    '*',
    '/doc',
    '/docsx',
    '/docs.html',
    '/staticadmin',
    '/STATIC',
    '/Docs',
    '/x/docs',
    '/a',
    '/a/bc',
    '/openapi.json5',
    '/openapixjson',
    'docs',
    '/?/docs',
    '/static/../admin',
    '/static/..',
    '/static/./x',
    '/static//x',
    '//static/x',
    '/static/%2e%2e/admin',
    '/%73tatic',
    '/static;x',
    '/static/;x',
    '/static/x;v=1',
    '/static\\..\\admin',
    '/static/\\x',
    '/static/x\0',
    '/static/x#y',
    '/static#',
    '/static/ä',
    'http://host/admin?/docs',
    'http://host//docs',
    'http://docs',
    'http://host?/docs',
    'http:/docs',
    'http:///docs/../admin',
    'x:/docs',
  ])('do not match %j', (target) => expect(prefixes.matches(target)).toBe(false));

  it('take "/" for the root page alone', () => {
    const root = new PathPrefixes(['/']);
    expect(['/', '/?a', 'http://host', 'http://host/'].every((target) => root.matches(target))).toBe(true);
    expect(['/a', '//', '/.', '*', ''].some((target) => root.matches(target))).toBe(false);
  });

  it('match nothing when there are none', () => {
    expect(new PathPrefixes([]).matches('/docs')).toBe(false);
  });

  it.each(['', 'docs', '/a/../b', '/a%20b', '/a?b', '//', '/a//', '/a;b'])('refuse the prefix %j', (prefix) => {
    expect(() => new PathPrefixes([prefix])).toThrow(RangeError);
    expect(() => new PathPrefixes([prefix])).toThrow(JSON.stringify(prefix));
  });

  it('match only targets that every reader takes for a path under a prefix', () => {
    const random = new SeededRandom(11);
    let matched = 0;
    for (let i = 0; i < 200_000; i++) {
      const target =
        random.pick(['', 'http://h', '/']) + random.pick(['/docs', '/static', '/a/b']) + random.text('/.%2e;\\?#xS', 8);
      if (!prefixes.matches(target)) continue;
      matched++;
      const path = new URL(target, 'http://h').pathname;
      const decoded = decodeURIComponent(path);
      if (path !== decoded || !/^\/(?:docs|static|a\/b)(?:\/|$)/.test(path)) throw new Error(`${target} is ${path}`);
    }
    expect(matched).toBeGreaterThan(1000);
  });
});
