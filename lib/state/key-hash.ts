import { randomBytes } from 'node:crypto';

/**
 * Keyed 64-bit hash of a client and a key: HalfSipHash-1-3 (Aumasson and Bernstein, SipHash, 2012).
 *
 * The limit table keeps this hash instead of the text, 8 bytes for a key of any length. It is keyed with a secret of the
 * process because whoever can compute the hash could choose keys that share the bucket of somebody else.
 */
export class KeyHash {
  /** Low half of the last hash. */
  lo = 0;
  /** High half of the last hash, never 0: 0 marks an empty slot. */
  hi = 1;

  private readonly seed0: number;
  private readonly seed1: number;

  constructor(seed: Buffer = randomBytes(8)) {
    this.seed0 = seed.readInt32LE(0);
    this.seed1 = seed.readInt32LE(4);
  }

  /** Hashes into `lo` and `hi`; `salt` keeps uses of the same text apart. */
  compute(client: string, key: string, salt: number): void {
    let v0 = this.seed0;
    let v1 = this.seed1 ^ 0xee;
    let v2 = 0x6c796765 ^ this.seed0;
    let v3 = 0x74656462 ^ this.seed1;
    // Words: the salt, then per text its code units two by two and its length, which keeps ('ab','c') from ('a','bc').
    for (let part = 0; part < 3; part++) {
      const text = part === 0 ? '' : part === 1 ? client : key;
      const length = text.length;
      for (let at = 0; at <= length; at += 2) {
        let word: number;
        if (at + 1 < length) word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
        else if (part === 0) word = salt;
        else word = at < length ? text.charCodeAt(at) | (length << 16) : length;
        v3 ^= word;
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
        v0 ^= word;
      }
    }
    for (let half = 0; half < 2; half++) {
      if (half === 0) v2 ^= 0xee;
      else v1 ^= 0xdd;
      for (let round = 0; round < 3; round++) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
      if (half === 0) this.lo = (v1 ^ v3) >>> 0;
      else this.hi = (v1 ^ v3) >>> 0 || 1;
    }
  }
}
