import { validateHeaderName, validateHeaderValue } from 'node:http';
import { appendVary, isFieldValue, isToken, splitList } from '../../lib/response/header-syntax';

it.each<[existing: Parameters<typeof appendVary>[0], fields: string, expected: string]>([
  [undefined, 'Origin', 'Origin'],
  ['', 'Origin', 'Origin'],
  ['Accept-Encoding', 'Origin', 'Accept-Encoding, Origin'],
  ['Origin', 'Origin', 'Origin'],
  ['origin', 'Origin', 'origin'],
  ['X-Origin', 'Origin', 'X-Origin, Origin'],
  ['Accept,Origin ', 'Origin, Cookie', 'Accept, Origin, Cookie'],
  [['Accept', 'Cookie'], 'Origin', 'Accept, Cookie, Origin'],
  [[], 'Origin', 'Origin'],
  ['*', 'Origin', '*'],
  ['Accept, *', 'Origin', '*'],
  ['Accept', '*', '*'],
  ['Accept,, ,', 'Origin', 'Accept, Origin'],
])('Vary %j with %j is %j', (existing, fields, expected) => {
  expect(appendVary(existing, fields)).toBe(expected);
  expect(appendVary(expected, fields)).toBe(expected);
});

it('splits lists', () => expect(splitList(' a , b,,c\t')).toEqual(['a', 'b', 'c']));

it('agrees with Node on every single character of names and values', () => {
  const accepts = (check: () => void): boolean => {
    try {
      check();
      return true;
    } catch {
      return false;
    }
  };
  for (let code = 0; code <= 0x200; code++) {
    const text = `a${String.fromCharCode(code)}b`;
    expect([code, isToken(text)]).toEqual([code, accepts(() => validateHeaderName(text))]);
    expect([code, isFieldValue(text)]).toEqual([code, accepts(() => validateHeaderValue('a', text))]);
  }
  expect(isToken('')).toBe(false);
});
