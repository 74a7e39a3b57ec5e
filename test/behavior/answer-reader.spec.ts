import { PatternError } from '../../lib/patterns/linear-pattern';
import { AnswerReader } from '../../lib/behavior/answer-reader';
import { compileReturnPattern, LONGEST_BODY, type ReturnPattern } from '../../lib/behavior/return-pattern';

type BodyPattern = Exclude<ReturnPattern, { kind: 'status' }>;
const compile = (text: string) => compileReturnPattern(text) as BodyPattern;

describe('a body that goes by', () => {
  const patterns = ['rare item', 'ünïcode', 'json:prize==rare item', 'regex:won \\d+ coins'].map(compile);
  const body = Buffer.from('{"prize":"rare item","text":"ünïcode","note":"won 77 coins"}');

  it.each(Array.from({ length: 16 }, (_, index) => index + 1))('is read in chunks of %d bytes', (size) => {
    const reader = new AnswerReader(patterns);
    for (let at = 0; at < body.length; at += size) reader.write(body.subarray(at, at + size));
    expect(reader.end()).toEqual(new Set(patterns));
  });

  it('is read as text, too', () => {
    const reader = new AnswerReader(patterns);
    for (const character of body.toString()) reader.write(character);
    expect(reader.end()).toEqual(new Set(patterns));
  });

  it.each(['nothing', 'json:prize==common', 'regex:lost \\d+'])('does not match %s', (text) => {
    const reader = new AnswerReader([compile(text)]);
    reader.write(body);
    expect(reader.end().size).toBe(0);
  });

  it.each([
    ['linear on any text', 'regex:needle\\d'],
    ['linear from any start', 'regex:needle\\d+ [^$]'],
  ])('is searched everywhere by an expression that is %s', (_, text) => {
    for (const before of [0, 500, 1000, 1020, 1500, 30_000]) {
      const reader = new AnswerReader([compile(text)]);
      reader.write(`${' '.repeat(before)}needle7 x${' '.repeat(2_000)}`);
      expect([before, reader.end().size]).toEqual([before, 1]);
    }
    const reader = new AnswerReader([compile(text)]);
    reader.write('needle '.repeat(1_000));
    expect(reader.end().size).toBe(0);
  });

  it.each(['regex:a+$', 'regex:\\ba+b', 'regex:(a+)+$', 'regex:a*a*b'])('is not searched by %s', (text) => {
    expect(() => compile(text)).toThrow(PatternError);
  });

  it.each([
    ['ends before', 0, 1],
    ['reaches beyond', 1, 0],
  ])('matches what %s the first 64 KB', (_, shift, expected) => {
    const pattern = compile('needle');
    const reader = new AnswerReader([pattern]);
    reader.write('x'.repeat(LONGEST_BODY - 'needle'.length + shift));
    expect(reader.isFull).toBe(false);
    reader.write('needle');
    expect(reader.isFull).toBe(true);
    reader.write('needle');
    expect(reader.end().size).toBe(expected);
  });
});
