import { closeJson, compileJsonPath } from '../../lib/behavior/json-path';
import { random } from '../support/random';

describe('a field of a JSON answer', () => {
  it.each([
    ['type==rare', { type: 'rare' }, true],
    ['type==rare', { type: 'rarer' }, false],
    ['type == "rare"', { type: 'rare' }, true],
    ['type==" rare"', { type: ' rare' }, true],
    ['items[].type==rare', { items: [{ type: 'common' }, { type: 'rare' }] }, true],
    ['items[].type==rare', { items: { 0: { type: 'rare' } } }, false],
    ['items[1].type==rare', { items: [{ type: 'common' }, { type: 'rare' }] }, true],
    ['items[0].type==rare', { items: [{ type: 'common' }, { type: 'rare' }] }, false],
    ['[].id==7', [{ id: 6 }, { id: 7 }], true],
    ['matrix[][]==1', [], false],
    ['matrix[][]==1', { matrix: [[0], [1]] }, true],
    ['won==true', { won: true }, true],
    ['won==true', { won: 'true' }, true],
    ['prize==null', { prize: null }, true],
    ['prize==undefined', {}, false],
    ['a.b==[object Object]', { a: { b: {} } }, false],
    ['constructor.name==Object', {}, false],
    ['items.length==1', { items: [1] }, true],
    ['length==3', 'abc', false],
    ['deep.er.still==x', { deep: null }, false],
  ])('json:%s in %j is %s', (path, body, expected) => {
    expect(compileJsonPath(path)(JSON.stringify(body))).toBe(expected);
  });

  it.each(['type', '==x', 'items[==x', 'items[x]==x', 'a..b==x', 'a[]b==x', '.a==x', 'a.==x', 'a=="x'])(
    'refuses the path %s',
    (path) => {
      expect(() => compileJsonPath(path)).toThrow(SyntaxError);
    },
  );

  it('is found in the part of a long answer that is looked at', () => {
    const body = JSON.stringify({ items: [{ type: 'rare' }, { type: 'common', text: 'x'.repeat(1000) }] });
    const test = compileJsonPath('items[].type==rare');
    expect(test(body.slice(0, body.indexOf('xxx') + 5))).toBe(true);
    expect(test('no json')).toBe(false);
    expect(test('['.repeat(60_000))).toBe(false);
  });
});

describe('the beginning of a JSON text', () => {
  const next = random(11);
  const pick = <T>(values: readonly T[]): T => values[next(values.length)]!;
  const make = (depth: number): unknown => {
    const kind =
      depth === 0 ? pick(['string', 'number', 'word']) : pick(['list', 'object', 'string', 'number', 'word']);
    const members = Array.from({ length: depth === 0 ? 0 : next(4) }, () => make(depth - 1));
    switch (kind) {
      case 'list':
        return members;
      case 'object':
        return Object.fromEntries(members.map((member, index) => [pick(['a', 'b"c', 'd\\', '{']) + index, member]));
      case 'string':
        return pick(['', 'x', 'a"b', ',]}', '\\', '\n', 'ü']);
      case 'number':
        return pick([0, -1.5, 12345, 1e21]);
      default:
        return pick([true, false, null]);
    }
  };

  it('is closed into JSON that has nothing the whole does not have', () => {
    for (let round = 0; round < 200; round++) {
      const whole = [make(4)];
      const text = JSON.stringify(whole, null, pick([0, 2]));
      expect(JSON.parse(closeJson(text))).toEqual(whole);
      for (let end = 1; end < text.length; end++) {
        const part: unknown = JSON.parse(closeJson(text.slice(0, end)));
        expect([text.slice(0, end), isPartOf(part, whole)]).toEqual([text.slice(0, end), true]);
      }
    }
  });
});

function isPartOf(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(part, whole);
  if (typeof whole !== 'object' || whole === null || Array.isArray(part) !== Array.isArray(whole)) return false;
  return Object.entries(part).every(([key, value]) => {
    return Object.hasOwn(whole, key) && isPartOf(value, (whole as Record<string, unknown>)[key]);
  });
}
