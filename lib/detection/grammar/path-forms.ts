/**
 * A path as lenient resolvers read it: one kind of slash, no NUL, no hex spelling, `....//` and `..;/` brought to `../`.
 * Lower case.
 */
export function normalisePath(text: string): string {
  let path = text.trim().toLowerCase();
  if (path.includes('0x2')) path = path.replaceAll('0x2e', '.').replaceAll('0x2f', '/').replaceAll('0x5c', '/');
  if (path.includes('%'))
    path = path.replaceAll(/%(?:2e|c0%ae|u002e)/g, '.').replaceAll(/%(?:2f|5c|c0%af|c1%9c|u2215|u2216)/g, '/');
  path = path.replaceAll('\\', '/').replaceAll(/[\u0000-\u001f]/g, '');
  if (path.includes(';')) path = path.replaceAll(/\.\.;[^/]{0,20}\//g, '../');
  if (path.includes('....') || path.includes('.../'))
    path = path.replaceAll(/(^|\/)\.{3,80}\/{1,8}/g, '$1../').replaceAll(/\.{4,80}\/{1,8}/g, '../');
  return path.replaceAll(/\/{2,}/g, '/');
}

/** Steps towards the root: how many `..` segments a path has, and whether it starts with them. */
export function countClimbs(path: string): { climbs: number; leading: boolean } {
  let climbs = 0;
  let at = path.indexOf('..');
  const leading = at >= 0 && /^[/.]*$/.test(path.slice(0, at));
  while (at >= 0) {
    const before = path.charAt(at - 1);
    const after = path.charAt(at + 2);
    if ((before === '' || !/[.\w]/.test(before)) && (after === '' || after === '/' || after === '.')) climbs++;
    else if (after === '/' && before !== '.') climbs++;
    at = path.indexOf('..', at + 2);
  }
  return { climbs, leading };
}
