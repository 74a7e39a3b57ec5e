import { type ThreatCategory, type ValueSource } from '../../lib/detection/detection.types';
import { DetectionEngine } from '../../lib/detection/detection-engine';

interface Case {
  readonly text: string;
  readonly source?: ValueSource;
  readonly name?: string;
}

/** Runs a table of attacks and of look-alikes through the whole engine, as one parameter of a request. */
export function describeDetector(
  category: ThreatCategory,
  cases: { readonly attacks: readonly (string | Case)[]; readonly benign: readonly (string | Case)[] },
): void {
  const engine = new DetectionEngine();
  const inspect = (entry: string | Case) => {
    const { text, source = 'query', name = 'q' } = typeof entry === 'string' ? { text: entry } : entry;
    const value = encodeURIComponent(text);
    switch (source) {
      case 'query':
        return engine.inspect({ method: 'GET', path: `/search?${name}=${value}`, headers: {} });
      case 'path':
        return engine.inspect({ method: 'GET', path: text, headers: {} });
      case 'header':
        return engine.inspect({ method: 'GET', path: '/', headers: { [name]: text } });
      case 'cookie':
        return engine.inspect({ method: 'GET', path: '/', headers: { cookie: `${name}=${value}` } });
      case 'body':
        return engine.inspect({ method: 'POST', path: '/items', headers: {}, body: { [name]: text } });
    }
  };

  describe(category, () => {
    it.each(cases.attacks.map((entry) => [typeof entry === 'string' ? entry : entry.text, entry] as const))(
      'finds %j',
      (_text, entry) => {
        const result = inspect(entry);
        expect({ suspicious: result.suspicious, found: result.threats.map((threat) => threat.category) }).toEqual({
          suspicious: true,
          found: expect.arrayContaining([category]) as unknown,
        });
      },
    );

    it.each(cases.benign.map((entry) => [typeof entry === 'string' ? entry : entry.text, entry] as const))(
      'lets %j through',
      (_text, entry) => {
        const result = inspect(entry);
        expect({ suspicious: result.suspicious, threats: result.suspicious ? result.threats : [] }).toEqual({
          suspicious: false,
          threats: [],
        });
      },
    );
  });
}
