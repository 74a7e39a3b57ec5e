import { readFileSync } from 'node:fs';
import { DetectionEngine } from '../../lib/detection/detection-engine';

interface Line {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | null;
}

/** Tells which of the requests in a file the engine refuses at default settings, read as an application would read them. */
const { lines } = JSON.parse(process.argv[2] ?? '{}') as { lines: string };

const engine = new DetectionEngine();

function refuses({ method, path, headers = {}, body }: Line): boolean {
  const folded = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), latin1(value)]),
  );
  const contentType = folded['content-type'];
  const request = { method, path: latin1(path), headers: folded, contentType };
  if (body === undefined || body === null) return verdict(engine.inspect(request));
  if (!/^application\/(?:[\w.-]+\+)?json/i.test(contentType ?? ''))
    return verdict(engine.inspect({ ...request, body, rawBody: body }));
  try {
    return verdict(engine.inspect({ ...request, body: JSON.parse(body) as unknown }));
  } catch {
    // The application's parser answers 400.
    return true;
  }
}

function verdict({ suspicious, truncated }: ReturnType<DetectionEngine['inspect']>): boolean {
  return suspicious || truncated !== undefined;
}

/** Node hands header text over byte by byte. */
function latin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

const rows = readFileSync(lines, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line);
process.send?.(rows.filter(refuses).map(({ id }) => id));
