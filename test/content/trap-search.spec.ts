import { isFilled, TrapSearch } from '../../lib/content/trap-search';

describe('TrapSearch', () => {
  const search = new TrapSearch(['website']);

  it.each([
    ['website', true],
    ['contact[website]', true],
    ['contact[0][website][]', true],
    ['contact.website', true],
    ['websites', false],
    ['Website', false],
    ['my[websites]', false],
    ['', false],
  ])('takes %j for a trap: %s', (name, expected) => {
    expect(search.isTrap(name)).toBe(expected);
  });

  it('walks bodies that lead back to themselves', () => {
    const body: Record<string, unknown> = { name: 'x' };
    body.self = body;
    body.list = [body, [body]];
    expect(search.inStructure(body)).toBe(false);
    body.website = body;
    expect(search.inStructure(body)).toBe(true);
    expect(search.inStructure({ website: Object.assign([] as unknown[], [[]]) })).toBe(false);
  });

  it('walks 200,000 levels without recursion', () => {
    let body: object = { website: 'x' };
    for (let depth = 0; depth < 200_000; depth++) body = [body];
    expect(search.inStructure(body)).toBe(true);
  });

  it('takes time in proportion to the body, traps within traps included', () => {
    let body: object = {};
    for (let depth = 0; depth < 100_000; depth++) body = { website: body };
    const started = performance.now();
    expect(search.inStructure(body)).toBe(false);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it.each([
    [undefined, false],
    [null, false],
    ['', false],
    [[], false],
    [{ a: [null, ''] }, false],
    [Buffer.alloc(0), false],
    ['x', true],
    [' ', true],
    [0, true],
    [false, true],
    [{ a: [null, 'x'] }, true],
    [Buffer.from('x'), true],
  ])('holds %j for filled: %s', (value, expected) => {
    expect(isFilled(value)).toBe(expected);
  });
});
