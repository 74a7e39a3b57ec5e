import { CustomPatterns, recipeOf } from '../../lib/detection/custom-patterns';
import { PatternMonitor, PatternRecord } from '../../lib/detection/pattern-monitor';

const LIMITS = { slow: 0.1, anomaly: 3, history: 100, tracked: 3 };

describe('Pattern records', () => {
  it('count, average and bound their history', () => {
    const record = new PatternRecord('a', LIMITS);
    for (let run = 0; run < 1000; run++) record.add(0.001);
    expect(record.stats).toMatchObject({ timed: 1000, slow: 0, anomalies: 0 });
    expect(record.stats.averageTime).toBeCloseTo(0.001);
    record.add(0.2);
    expect(record.stats).toMatchObject({ slow: 1, maxTime: 0.2 });
  });

  it('call a run an anomaly that is far from the others', () => {
    const record = new PatternRecord('a', LIMITS);
    for (let run = 0; run < 100; run++) record.add(run % 2 === 0 ? 0.001 : 0.0012);
    record.add(0.0013);
    expect(record.stats.anomalies).toBe(0);
    record.add(0.01);
    expect(record.stats.anomalies).toBe(1);
  });

  it('share one record beyond the bound', () => {
    const monitor = new PatternMonitor(LIMITS, () => 0);
    for (let index = 0; index < 10; index++) monitor.record(`p${index}`).calls++;
    expect(monitor.stats().map(({ name }) => name)).toEqual(['p0', 'p1', 'p2', '(others)']);
  });
});

describe('Custom patterns', () => {
  const patterns = () => new CustomPatterns(new PatternMonitor(LIMITS, () => 0), { tracked: 3, compilerTimeout: 2 });

  it('find texts and expressions', () => {
    const custom = patterns();
    custom.add(recipeOf('Secret Sauce'));
    custom.add(recipeOf(/^order-\d+$/));
    const [text, expression] = custom.detectors;
    expect(text?.find('the secret sauce')).toBe(0);
    expect(text?.find('nothing')).toBe(-1);
    expect(expression?.find('order-12')).toBe(0);
    expect(expression?.find('x order-12')).toBe(-1);
  });

  it('search long values throughout', () => {
    const custom = patterns();
    custom.add(recipeOf('needle'));
    for (const at of [0, 2045, 5000, 9990]) {
      expect(custom.detectors[0]?.find(`${'x'.repeat(at)}needle${'x'.repeat(10_000 - at)}`)).toBe(0);
    }
  });

  it.each([[/(a+)+$/], [/(.*a){12}/], [/(a|a)*b/]])('refuse %s', (pattern) => {
    expect(() => patterns().add(recipeOf(pattern))).toThrow(/refused/);
  });

  it('are bounded in number', () => {
    const custom = patterns();
    for (const text of ['aa', 'bb', 'cc']) custom.add(recipeOf(text));
    expect(() => custom.add(recipeOf('dd'))).toThrow('detectionMaxTrackedPatterns');
    expect(custom.remove('"aa"')).toBe(true);
    expect(() => custom.add(recipeOf('dd'))).not.toThrow();
    expect(custom.list.map(({ pattern }) => pattern)).toEqual(['bb', 'cc', 'dd']);
  });
});
