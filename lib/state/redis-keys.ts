import { createHash } from 'node:crypto';
import { granuleShift } from './granule';
import type { LimitTier, StrikeCounter } from './state-store';

/** Longer texts are replaced by their hash: a key must not cost what a client sends. */
const LONGEST = 200;

/** Names of keys. Everything of one client shares the hash tag `{client}`, and with it a slot of a cluster. */
export class RedisKeys {
  constructor(readonly prefix: string) {}

  tier(tier: LimitTier): string {
    const kind = tier.algorithm === 'token-bucket' ? 'b' : `w${granuleShift(tier.limit)}`;
    return this.name(tier.client, kind, tier.key);
  }

  /** The log of a counter and the mark of its rest. */
  strikes(counter: StrikeCounter): string[] {
    const { client, key } = counter;
    return [this.name(client, `s${granuleShift(counter.threshold)}`, key), this.name(client, 'r', key)];
  }

  /** The expiries, the values and the filling of a collection. */
  collection(name: string): string[] {
    return ['expiries', 'values', 'filling'].map((part) => `${this.prefix}{collection:${name}}:${part}`);
  }

  lease(key: string): string {
    return `${this.prefix}lease:${key}`;
  }

  channel(name: string): string {
    return `${this.prefix}channel:${name}`;
  }

  /** Where a link tries to write. */
  get probe(): string {
    return `${this.prefix}probe`;
  }

  private name(client: string, kind: string, key: string): string {
    return `${this.prefix}{${tagOf(client)}}:${kind}:${key.length > LONGEST ? digest(key) : key}`;
  }
}

/** Braces and an empty text would not make a hash tag (Redis Cluster specification, hash tags). */
function tagOf(client: string): string {
  const plain = client.length > 0 && client.length <= LONGEST && !/[{}]|^#/.test(client);
  return plain ? client : `#${digest(client)}`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
