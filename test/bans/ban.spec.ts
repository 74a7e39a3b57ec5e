import { decodeBan, encodeBan } from '../../lib/bans/ban';

const ban = { reason: 'test', automatic: true, at: 1_700_000_000_000 };

describe('a ban as it travels', () => {
  it.each([
    ['without evidence', undefined],
    ['with evidence', { category: 'xss', path: ['query', 'q'] }],
  ])('is the same afterwards, %s', (_, evidence) => {
    expect(decodeBan(encodeBan({ ...ban, evidence }))).toEqual({ ...ban, evidence });
  });

  it('stays small, whatever the evidence and the reason are', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    for (const evidence of [{ long: 'x'.repeat(100_000) }, circle, { big: 1n }]) {
      const text = encodeBan({ ...ban, reason: 'r'.repeat(10_000), evidence });
      expect(text.length).toBeLessThan(1_000);
      expect(decodeBan(text)).toMatchObject({ reason: 'r'.repeat(256), evidence: { excerpt: expect.any(String) } });
    }
  });

  it.each(['', 'null', '7', '"text"', '[]', '{}', '{"reason":1,"at":1}', '{"reason":"x","at":9e99}', '{"reason":"x"'])(
    'is none when it reads %s',
    (text) => {
      expect(decodeBan(text)).toBeUndefined();
    },
  );
});
