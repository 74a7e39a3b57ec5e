import { randomBytes } from 'node:crypto';

/** The state of a hash: four 32-bit words. */
type State = Int32Array;

/** Keys whose part of the hash is kept at the same time: rules of the application, which are few. */
const KNOWN_KEYS = 2_000;

/**
 * Keyed 64-bit hash of a key and a client: HalfSipHash-1-3 (Aumasson and Bernstein, SipHash, 2012).
 *
 * The limit table keeps this hash instead of the text, 8 bytes for a key of any length. It is keyed with a secret of the
 * process because whoever can compute the hash could choose keys that share the bucket of somebody else. The key comes
 * first: it is the name of a rule, longer than most clients and the same for all of them, so its part is computed once.
 */
export class KeyHash {
  /** Low half of the last hash. */
  lo = 0;
  /** High half of the last hash, never 0: 0 marks an empty slot. */
  hi = 1;

  private readonly seed0: number;
  private readonly seed1: number;
  private readonly begun: Map<string, State>[] = [];
  private known = 0;
  private readonly state: State = new Int32Array(4);

  constructor(seed: Buffer = randomBytes(8)) {
    this.seed0 = seed.readInt32LE(0);
    this.seed1 = seed.readInt32LE(4);
  }

  /** Hashes into `lo` and `hi`; `salt`, a small number, keeps uses of the same text apart. */
  compute(client: string, key: string, salt: number): void {
    const { state } = this;
    const begun = this.begun[salt]?.get(key) ?? this.begin(key, salt);
    state[0] = begun[0]!;
    state[1] = begun[1]!;
    state[2] = begun[2]!;
    state[3] = begun[3]!;
    absorb(state, client);
    state[2] ^= 0xee;
    this.lo = squeeze(state);
    state[1] ^= 0xdd;
    this.hi = squeeze(state) || 1;
  }

  private begin(key: string, salt: number): State {
    const { seed0, seed1 } = this;
    const state = new Int32Array([seed0, seed1 ^ 0xee, 0x6c796765 ^ seed0, 0x74656462 ^ seed1]);
    absorb(state, String.fromCharCode(salt));
    absorb(state, key);
    if (this.known++ >= KNOWN_KEYS) {
      this.begun.length = 0;
      this.known = 0;
    }
    (this.begun[salt] ??= new Map<string, State>()).set(key, state);
    return state;
  }
}

/** Takes in the code units of a text two by two, and its length, which keeps ('ab','c') from ('a','bc'). */
function absorb(state: State, text: string): void {
  let v0 = state[0]!;
  let v1 = state[1]!;
  let v2 = state[2]!;
  let v3 = state[3]!;
  const { length } = text;
  for (let at = 0; at <= length; at += 2) {
    let word = length;
    if (at + 1 < length) word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16);
    else if (at < length) word = text.charCodeAt(at) | (length << 16);
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
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
}

/** Three rounds of finalisation and a half of the hash. */
function squeeze(state: State): number {
  let v0 = state[0]!;
  let v1 = state[1]!;
  let v2 = state[2]!;
  let v3 = state[3]!;
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
  state[0] = v0;
  state[1] = v1;
  state[2] = v2;
  state[3] = v3;
  return (v1 ^ v3) >>> 0;
}
