import { createHash } from 'node:crypto';
import { granuleShift } from './granule';
import type { LimitTier, StrikeCounter } from './state-store';

/** Longer clients are replaced by their hash: a key must not cost what a client sends. */
const LONGEST = 200;
/** So are longer names of rules, of which there is one in the key of each client. */
const LONGEST_NAME = 24;
const SHORT_NAMES = 1_000;

/** Names of keys. Everything of one client shares the hash tag `{client}`, and with it a slot of a cluster. */
export class RedisKeys {
  private readonly shortNames = new Map<string, string>();

  /** @param database its number: channels, unlike keys, are the same in all databases of a server. */
  constructor(
    readonly prefix: string,
    private readonly database = 0,
  ) {}

  tier(tier: LimitTier): string {
    const kind = tier.algorithm === 'token-bucket' ? 'b' : `w${granuleShift(tier.limit)}`;
    return this.name(tier.client, kind, tier.key);
  }

  strikes(counter: StrikeCounter): string {
    return this.name(counter.client, `s${granuleShift(counter.threshold)}`, counter.key);
  }

  /** The expiries, the values and the filling of a collection. */
  collection(name: string): string[] {
    return ['expiries', 'values', 'filling'].map((part) => `${this.prefix}{collection:${name}}:${part}`);
  }

  lease(key: string): string {
    return `${this.prefix}lease:${key}`;
  }

  channel(name: string): string {
    const database = this.database === 0 ? '' : `db${this.database}:`;
    return `${this.prefix}${database}channel:${name}`;
  }

  /** Who shares this Redis. */
  get instances(): string {
    return `${this.prefix}instances`;
  }

  /** Where a link tries to write. */
  get probe(): string {
    return `${this.prefix}probe`;
  }

  private name(client: string, kind: string, key: string): string {
    return `${this.prefix}{${tagOf(client)}}:${kind}:${key.length > LONGEST_NAME ? this.shortName(key) : key}`;
  }

  private shortName(key: string): string {
    let short = this.shortNames.get(key);
    if (short === undefined) {
      if (this.shortNames.size >= SHORT_NAMES) this.shortNames.clear();
      // 96 bits: rules are few, and clients have no say in their names.
      this.shortNames.set(key, (short = digest(key).slice(0, 16)));
    }
    return short;
  }
}

/** Braces and an empty text would not make a hash tag (Redis Cluster specification, hash tags). */
function tagOf(client: string): string {
  const plain = client.length > 0 && client.length <= LONGEST && !/[{}]|^#/.test(client);
  return plain ? client : `#${digest(client)}`;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
