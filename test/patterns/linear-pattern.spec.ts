import { compilePattern, PatternError } from '../../lib/patterns/linear-pattern';

describe('compilePattern', () => {
  describe('of a text', () => {
    it.each<[string, string, boolean]>([
      ['curl', 'curl/8.5.0', true],
      ['curl', 'libCURL/8.5', true],
      ['CURL', 'curl', true],
      ['curl', 'cur l', false],
      ['a.b', 'a.b', true],
      ['a.b', 'axb', false],
      ['(a+)+$', 'x(A+)+$y', true],
      ['[bot]', 'my [Bot] here', true],
      ['c:\\x', 'C:\\X', true],
      ['a/b', 'a/b', true],
      ['', '', true],
      ['', 'anything', false],
    ])('%j in %j: %s', (pattern, text, expected) => {
      expect(compilePattern(pattern).test(text)).toBe(expected);
    });

    it('regards case when asked to', () => {
      expect(compilePattern('Bot', { caseInsensitive: false }).test('bot')).toBe(false);
      expect(compilePattern('Bot', { caseInsensitive: false }).test('Bot')).toBe(true);
    });
  });

  it.each<[RegExp, string, string]>([
    [/bot/i, 'GoogleBot', 'Mozilla'],
    [/^curl\/[\d.]+$/, 'curl/8.5.0', 'xcurl/8'],
    [/^$/, '', ' '],
    [/(mobile|tablet).*safari/i, 'Mobile x Safari', 'Safari Mobile'],
    [/^(?!.*chrome).*safari/i, 'Safari', 'Chrome Safari'],
    [/safari(?!.*chrome)/i, 'Safari', 'Safari Chrome'],
    [/\b(bot|crawl|spider)\b/i, 'a spider', 'spiders'],
    [/^[\w.+-]+@[\w-]+\.[\w.]+$/, 'a@b.c', 'a@b'],
    [/(?:Chrome|CriOS)\/(\d+)(?:\.\d+){0,3}/, 'CriOS/12.3', 'Chrome'],
    [/(?<name>bot)\/(?<version>\d+)/, 'bot/1', 'bot'],
    [/(?<quote>['"])x\k<quote>/, '"x"', `"x'`],
    [/"(?:[^"\\]|\\.)*"/, '"a\\"b"', '"a'],
    [/\p{Lu}\p{Ll}+/u, 'Äpfel', 'äpfel'],
    [/^x$/m, 'a\nx', 'ax'],
    [/a.b/s, 'a\nb', 'ab'],
    [/[(*+]{2}/, '(*', '('],
  ])('accepts %s', (pattern, match, miss) => {
    const compiled = compilePattern(pattern);
    expect(compiled.name).toBe(String(pattern));
    expect([compiled.test(match), compiled.test(miss)]).toEqual([true, false]);
  });

  it.each([
    /(a+)+$/,
    /(a|a)*b/,
    /(.*a){12}/,
    /(a+)+$/i,
    /(?<x>a+)+$/,
    /^(?:\w+\s?)*$/,
    /(x+x+)+y/,
    /x*x*x*$/,
    /a.*b.*c/,
    /.*.*.*.*.*=/,
    /^(([a-z])+.)+[A-Z]([a-z])+$/,
    /(?:a?){30}a{30}/,
    /(.+)\1+$/,
    /(?=(a+)+$)x/,
    /(?<!(a+)+$)x/,
  ])('refuses %s, which backtracks', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(PatternError);
    expect(() => compilePattern(pattern)).toThrow(/backtracks|too many ways/);
    expect(() => compilePattern(pattern)).toThrow(String(pattern));
  });

  it.each([/(?:a(?!.*x))*b/, /(?:(?=.*x)a)*b/, /(?:a(?<=x.*))+b/, /\w+(?=.*x)/, /(?=.*(?=.*x)y)/, /((?=.{99}x)a)*b/])(
    'refuses %s, which searches from every step',
    (pattern) => {
      expect(() => compilePattern(pattern)).toThrow(/looks ahead or behind without bound/);
    },
  );

  it('refuses what cannot be analysed', () => {
    expect(() => compilePattern(new RegExp('[a--b]', 'v'))).toThrow(/v flag/);
    expect(() => compilePattern(new RegExp('a'.repeat(2001)))).toThrow(/longer than 2000/);
  });

  it('keeps no state between tests, whatever the flags', () => {
    const bot = compilePattern(/bot/gy);
    expect([bot.test('bot'), bot.test('bot'), bot.test('a bot')]).toEqual([true, true, true]);
  });

  it('does not touch the expression it was given', () => {
    const expression = /bot/g;
    compilePattern(expression).test('bot bot');
    expect(expression.lastIndex).toBe(0);
  });

  it('adds case-insensitivity to an expression when asked to', () => {
    expect(compilePattern(/bot/, { caseInsensitive: true }).test('BOT')).toBe(true);
    expect(compilePattern(/bot/).test('BOT')).toBe(false);
  });

  describe('in long texts', () => {
    it('searches the first 2048 characters unless told otherwise', () => {
      const text = 'x'.repeat(2045) + 'bot';
      expect(compilePattern('bot').test(text)).toBe(true);
      expect(compilePattern('bot').test('x' + text)).toBe(false);
      expect(compilePattern('bot', { maxLength: 4096 }).test('x' + text)).toBe(true);
    });

    it.each([/bot/i, /\b(bot|crawl)\b/i, /^select\s+\*/i, /\p{Lu}/u, /^(?:[^"]|"")*$/])(
      'accepts the linear %s',
      (pattern) => {
        expect(() => compilePattern(pattern, { maxLength: 65536 })).not.toThrow();
      },
    );

    it.each([/(mobile|tablet).*safari/i, /\s+$/, /^\s*x/m, /a(?=.*b)/])(
      'refuses %s, which is searched for from every starting point',
      (pattern) => {
        expect(() => compilePattern(pattern)).not.toThrow();
        expect(() => compilePattern(pattern, { maxLength: 65536 })).toThrow(PatternError);
      },
    );
  });

  it('finds nothing slow among the accepted on the texts that trouble backtracking engines', () => {
    const texts = ['a', 'ab', 'mobile', 'safari', ' ', '1.', '"\\', 'x\n'].map((part) =>
      part.repeat(2048 / part.length),
    );
    const patterns = [
      /(mobile|tablet).*safari/i,
      /^(?!.*chrome).*safari/i,
      /"(?:[^"\\]|\\.)*"/,
      /\s+$/,
      /[\w.]+@[\w.]+\.com/,
    ];
    const started = performance.now();
    for (const pattern of patterns) {
      const compiled = compilePattern(pattern);
      for (const text of texts) compiled.test(text + '!');
    }
    // 40 searches of a few milliseconds each; one that backtracked would take minutes.
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
