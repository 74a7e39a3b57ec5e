import { posix } from 'node:path';
import fc from 'fast-check';
import { isCanonicalPath, isRoutable, PathPrefixes, pathOfTarget } from '../../lib/network/canonical-path';
import { spelling } from '../support/path-spellings';
import { patience, runs, same } from '../support/property';

const PREFIXES = ['/static', '/docs/public', '/favicon.ico', '/a-b_c~d'];
const prefixes = new PathPrefixes(PREFIXES);

/** What the readings of a path that occur in servers, proxies and frameworks make of it. */
const READINGS: readonly ((path: string) => string)[] = [
  (path) => path,
  (path) => decodeOr(path),
  (path) => decodeOr(decodeOr(path)),
  (path) => posix.normalize(path),
  (path) => posix.normalize(decodeOr(path)),
  (path) => posix.normalize(decodeOr(path).replaceAll('\\', '/')),
  (path) => path.replace(/\/{2,}/g, '/'),
  (path) => path.replace(/;[^/]*/g, ''),
  (path) => posix.normalize(path.replace(/;[^/]*/g, '')),
  (path) => path.split('#')[0]!,
  (path) => path.split('\0')[0]!,
  (path) => path.normalize('NFKC'),
  (path) => new URL(path, 'http://host').pathname,
];

function decodeOr(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const liesUnder = (path: string): boolean =>
  PREFIXES.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));

const anyTarget = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PREFIXES, '/admin', '/staticadmin').chain((path) => spelling(path)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
);

it(
  'the path of a target is found once: finding it again changes nothing, and it has no query',
  () => {
    fc.assert(
      fc.property(anyTarget, (target) => {
        const path = pathOfTarget(target);
        same(path.includes('?'), false);
        if (path.startsWith('/')) same(pathOfTarget(path), path);
        isRoutable(target);
      }),
      runs(6_000),
    );
  },
  patience(),
);

it(
  'a canonical path means itself to everybody who reads paths',
  () => {
    fc.assert(
      fc.property(anyTarget, (target) => {
        const path = pathOfTarget(target);
        if (!isCanonicalPath(path)) return;
        for (const reading of READINGS) same(reading(path), path);
      }),
      runs(6_000),
    );
  },
  patience(),
);

it(
  'an excluded target lies under a prefix in every reading of it',
  () => {
    fc.assert(
      fc.property(anyTarget, (target) => {
        if (!prefixes.matches(target)) return;
        for (const reading of READINGS) same(liesUnder(reading(pathOfTarget(target))), true);
      }),
      runs(10_000),
    );
  },
  patience(),
);

it(
  'plain paths under a prefix are excluded, with and without a query, and no others',
  () => {
    const segment = fc.string({ unit: fc.constantFrom(..."abzAZ09-_~!$&'()*+,=:@."), minLength: 1, maxLength: 8 });
    const segments = fc.array(
      segment.filter((text) => text !== '.' && text !== '..'),
      { maxLength: 4 },
    );
    const query = fc.constantFrom('', '?', '?a=/../admin', '?/static', '?%00;\\');
    const origin = fc.constantFrom('', 'http://host', 'https://user@host:80', 'HTTP://[::1]');
    fc.assert(
      fc.property(
        fc.constantFrom(...PREFIXES, '/other', '/Static', '/static.'),
        segments,
        query,
        origin,
        (head, tail, search, from) => {
          const target = [from + head, ...tail].join('/') + search;
          same(prefixes.matches(target), PREFIXES.includes(head));
        },
      ),
      runs(4_000),
    );
  },
  patience(),
);
