import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Lease, StateStore, Unsubscribe } from '../state/state-store';
import type { CloudProvider } from './cloud-provider';
import type { CloudRanges } from './cloud-ranges';
import { parseRanges, serializeRanges } from './cloud-snapshot';

const COLLECTION = 'cloud-ranges';
const KEEP_MS = 7 * 86_400_000;
/** Longer than a download may take, so that a lease is never held by two. */
const LEASE_MS = 30_000;
const MAX_BYTES = 20 * 1024 * 1024;

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** What instances tell each other of ranges, so that one of them downloads for all. Nothing here rejects. */
export class SharedRanges {
  constructor(private readonly store: StateStore) {}

  async get(provider: CloudProvider): Promise<CloudRanges | undefined> {
    try {
      const stored = await this.store.get(COLLECTION, provider);
      if (!stored) return undefined;
      const text = await decompress(Buffer.from(stored.value, 'base64'), { maxOutputLength: MAX_BYTES });
      const [ranges] = await parseRanges(text.toString());
      return ranges?.provider === provider ? ranges : undefined;
    } catch {
      return undefined;
    }
  }

  async put(ranges: CloudRanges): Promise<void> {
    try {
      const lines = [];
      for await (const line of serializeRanges([ranges])) lines.push(Buffer.from(line));
      const value = await compress(Buffer.concat(lines));
      await this.store.set(COLLECTION, ranges.provider, value.toString('base64'), KEEP_MS);
      await this.store.publish(COLLECTION, ranges.provider);
    } catch {
      // The other instances download for themselves.
    }
  }

  /** Runs `work` unless another instance is at it; false when it is. */
  async alone(provider: CloudProvider, work: () => Promise<void>): Promise<boolean> {
    const lease = await this.acquire(provider);
    if (lease === undefined) return false;
    try {
      await work();
      return true;
    } finally {
      await Promise.resolve(lease.release()).catch(() => undefined);
    }
  }

  /** Calls back when another instance has put ranges. */
  onPut(listener: (provider: string) => void): Unsubscribe {
    return this.store.subscribe(COLLECTION, {
      message: (provider, own) => {
        if (!own && typeof provider === 'string') listener(provider);
      },
    });
  }

  private async acquire(provider: CloudProvider): Promise<Lease | undefined> {
    try {
      return await this.store.acquire(`${COLLECTION}:${provider}`, LEASE_MS);
    } catch {
      return { release: () => undefined };
    }
  }
}
