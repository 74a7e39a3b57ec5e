import type { RefusalEvent } from '../../lib/observability/guard-event';
import { Rehearsal } from '../../lib/rehearsal/rehearsal';
import { rehearsalReport } from '../../lib/rehearsal/rehearsal-report';

const AT = new Date('2026-11-22T12:00:00Z');

function wouldRefuse(
  { ip = '192.0.2.1', route = 'POST /notes', handler = 'Notes.create', path = '/notes' } = {},
  rest: Partial<RefusalEvent> = {},
): RefusalEvent {
  const request = { kind: 'http', ip, method: 'POST', path, route, handler } as const;
  const event = { type: 'would_refuse', at: AT, check: 'rate_limit', reason: 'limit reached', status: 429 } as const;
  return { ...event, mode: 'passive', request, ...rest };
}

const threat = (path: string, ip?: string) =>
  wouldRefuse(
    { ip },
    {
      check: 'penetration',
      reason: 'xss',
      evidence: {
        threats: [
          { category: 'sql', path: 'body.q' },
          { category: 'xss', path },
        ],
      },
    },
  );

describe('a rehearsal', () => {
  it('counts by check, by route and by rule', () => {
    const rehearsal = new Rehearsal();
    rehearsal.add(threat('body.items[3].html'));
    rehearsal.add(threat('body.items[7].html'));
    rehearsal.add(wouldRefuse());
    const summary = rehearsal.summary();
    expect(summary).toMatchObject({ total: 3, bans: 0, forgotten: 0 });
    expect(summary.byCheck).toEqual([
      { check: 'penetration', count: 2 },
      { check: 'rate_limit', count: 1 },
    ]);
    expect(summary.byRoute).toEqual([{ route: 'POST /notes', count: 3 }]);
    expect(summary.findings).toHaveLength(2);
    expect(summary.findings[0]).toMatchObject({ reason: 'xss', place: 'body.items.html', count: 2, clients: 1 });
  });

  it('ignores what was refused', () => {
    const rehearsal = new Rehearsal();
    rehearsal.add({ ...wouldRefuse(), type: 'refused', mode: 'enforce' });
    expect(rehearsal.summary()).toMatchObject({ total: 0, findings: [], byCheck: [] });
  });

  it('suspects what many clients do more than what one does often', () => {
    const rehearsal = new Rehearsal();
    for (let call = 0; call < 100; call++) rehearsal.add(threat('query.q', '192.0.2.66'));
    for (let client = 0; client < 20; client++) rehearsal.add(threat('body.html', `198.51.100.${client}`));
    const { findings, candidates } = rehearsal.summary();
    expect(findings.map(({ place }) => place)).toEqual(['query.q', 'body.html']);
    expect(candidates.map(({ place }) => place)).toEqual(['body.html', 'query.q']);
  });

  it('keeps what many ran into when one client invents names', () => {
    const rehearsal = new Rehearsal();
    for (let client = 0; client < 3; client++) rehearsal.add(threat('body.html', `198.51.100.${client}`));
    for (let name = 0; name < 100_000; name++) rehearsal.add(threat(`body.${name}x`, '192.0.2.66'));
    const { total, findings, candidates, forgotten } = rehearsal.summary();
    expect(total).toBe(100_003);
    expect(findings.length).toBeLessThanOrEqual(1_000);
    expect(forgotten + findings.reduce((sum, { count }) => sum + count, 0)).toBe(total);
    expect(candidates[0]).toMatchObject({ place: 'body.html', clients: 3 });
  });

  it('counts clients up to a bound, and routes, too', () => {
    const rehearsal = new Rehearsal();
    for (let call = 0; call < 2_000; call++)
      rehearsal.add(wouldRefuse({ ip: `2001:db8::${call}`, route: `GET /${call}`, handler: 'X.y' }));
    const { findings, byRoute } = rehearsal.summary();
    expect(findings[0]!.clients).toBe(50);
    expect(byRoute).toHaveLength(501);
    expect(byRoute[0]).toEqual({ route: 'other', count: 1_500 });
  });

  it('starts anew', () => {
    const rehearsal = new Rehearsal();
    rehearsal.add(wouldRefuse());
    rehearsal.reset();
    expect(rehearsal.summary()).toMatchObject({ total: 0, findings: [], byRoute: [] });
  });
});

describe('the report', () => {
  it('reads', () => {
    const rehearsal = new Rehearsal();
    for (let client = 0; client < 12; client++) rehearsal.add(threat('body.html', `198.51.100.${client}`));
    rehearsal.add(wouldRefuse());
    const report = rehearsalReport(rehearsal.summary()).replace(/since \S+,/, 'since then,');
    expect(report).toBe(
      [
        '13 requests would have been refused since then, and 0 clients banned.',
        '',
        'By check',
        '  12  penetration',
        '   1  rate_limit',
        '',
        'By route',
        '  13  POST /notes',
        '',
        'By rule',
        '  12  penetration: "xss" in "body.html" on POST /notes',
        '   1  rate_limit: "limit reached" on POST /notes',
        '',
        'Likely false positives, and what would silence them',
        '  penetration: "xss" in "body.html" on POST /notes: 12 by 12 clients',
        `      @SuspiciousDetection({ exclude: { bodyFields: ['html'] } })  on Notes.create`,
        `      detectionExclude: { bodyFields: ['html'] }  in the configuration`,
        `      @Bypass(['penetration'])  on Notes.create`,
        '  rate_limit: "limit reached" on POST /notes: 1 by 1 client',
        `      exemptIps: ['192.0.2.1']  in the configuration`,
        `      @Bypass(['rate_limit'])  on Notes.create`,
      ].join('\n'),
    );
  });

  it('counts one as one', () => {
    const rehearsal = new Rehearsal();
    rehearsal.add(wouldRefuse());
    expect(rehearsalReport(rehearsal.summary())).toMatch(
      /^1 request would have been refused since \S+, and 0 clients banned\.\n/,
    );
  });

  it('cannot be forged by names that clients choose', () => {
    const rehearsal = new Rehearsal();
    rehearsal.add(threat('body.a\nBy check\n  0  nothing\u202e'));
    const report = rehearsalReport(rehearsal.summary());
    expect(report.match(/^By check$/gm)).toHaveLength(1);
    expect(report).not.toContain('\u202e');
  });

  it('says so when there is nothing', () => {
    expect(rehearsalReport(new Rehearsal().summary())).toMatch(/^Nothing would have been refused since \S+\.$/);
  });
});
