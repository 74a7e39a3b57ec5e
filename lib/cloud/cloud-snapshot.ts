import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { formatPrefix } from '../network/prefix';
import { type CloudProvider, cloudProvider } from './cloud-provider';
import { type CloudRanges, RangeCollector } from './cloud-ranges';
import { FeedRejected } from './feeds/feed';

/** The snapshots that a release is packed with. */
export const PACKAGED_SNAPSHOTS = join(__dirname, '..', '..', 'snapshots');

/** Networks that are written between two chances for requests. */
const BLOCK = 1024;

/** Ranges as text, block by block: a line of JSON for each region of a block, so that neither writing nor reading takes long. */
export async function* serializeRanges(all: Iterable<CloudRanges>): AsyncGenerator<string> {
  for (const { provider, updatedAt, networks } of all) {
    const block = new Map<string, string[]>();
    let count = 0;
    for (const [prefix, region] of networks) {
      const prefixes = block.get(region);
      if (prefixes) prefixes.push(formatPrefix(prefix));
      else block.set(region, [formatPrefix(prefix)]);
      if (++count % BLOCK !== 0 && count !== networks.size) continue;
      for (const [region, prefixes] of block) {
        yield `${JSON.stringify({ provider, updatedAt: updatedAt.toISOString(), region, prefixes })}\n`;
      }
      block.clear();
      await nextTurn();
    }
  }
}

/**
 * Reads ranges back, and believes a snapshot no more than a feed.
 *
 * @throws FeedRejected
 */
export async function parseRanges(text: string): Promise<CloudRanges[]> {
  const found = new Map<CloudProvider, { collector: RangeCollector; updatedAt: Date }>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const { provider, updatedAt, region, prefixes } = parseLine(line);
    const known = found.get(provider) ?? { collector: new RangeCollector(), updatedAt };
    for (const prefix of prefixes) known.collector.add({ prefix, region });
    found.set(provider, known);
    await nextTurn();
  }
  return Promise.all([...found].map(([provider, { collector, updatedAt }]) => collector.ranges(provider, updatedAt)));
}

function parseLine(line: string): { provider: CloudProvider; updatedAt: Date; region: string; prefixes: string[] } {
  try {
    const entry = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const provider = cloudProvider(String(entry.provider));
    // A date in the future would outlive every newer download.
    const updatedAt = new Date(Math.min(Date.parse(String(entry.updatedAt)), Date.now()));
    const { region, prefixes } = entry;
    if (provider && typeof region === 'string' && Array.isArray(prefixes) && !Number.isNaN(updatedAt.getTime())) {
      return { provider, updatedAt, region, prefixes: prefixes.map(String) };
    }
  } catch {
    // The same answer as for JSON of another shape.
  }
  throw new FeedRejected('it is not a snapshot of cloud ranges');
}

/** The text of the newest snapshot in a folder, or undefined when it has none. */
export async function newestSnapshot(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch(() => []);
  const newest = names
    .filter((name) => /^cloud-ranges-\d{4}-\d{2}-\d{2}\.jsonl$/.test(name))
    .sort()
    .at(-1);
  return newest === undefined ? undefined : readFile(join(folder, newest), 'utf8');
}

/** Replaces a snapshot as a whole: a reader sees the old one or the new one, never half of one. */
export async function writeSnapshot(path: string, ranges: Iterable<CloudRanges>): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(temporary, serializeRanges(ranges), { mode: 0o644 });
  await rename(temporary, path);
}
