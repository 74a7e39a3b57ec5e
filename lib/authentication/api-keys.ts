import { createHash, timingSafeEqual } from 'node:crypto';

const HASHED = /^sha256:([0-9a-f]{64})$/i;
const HASH_MARK = 'sha256:';
const PRINTABLE = /^[\x21-\x7e]+$/;

/** A key that is to be kept: `sha256:` and the hash of a plain one; a hashed or an unusable one as it is. */
export function sealKey(key: unknown): unknown {
  if (keyProblem(key) !== undefined || HASHED.test(key as string)) return key;
  return HASH_MARK + sha256(key as string).toString('hex');
}

/** What is wrong with an entry of `keys`, or undefined. */
export function keyProblem(key: unknown): string | undefined {
  if (typeof key !== 'string' || !PRINTABLE.test(key)) {
    return 'can match no header; use printable ASCII without white space, plain or as sha256: and 64 hexadecimal digits';
  }
  if (key.startsWith(HASH_MARK) && !HASHED.test(key)) return 'is no hash; use sha256: and 64 hexadecimal digits';
  return undefined;
}

/** Whether a text can be an API key at all. */
export function isWellFormedKey(text: string): boolean {
  return PRINTABLE.test(text);
}

/**
 * Compares with every key in a time that depends on neither. Hashes have one length, which `timingSafeEqual` needs, and a
 * plain key is not kept in memory.
 */
export function compileKeys(keys: readonly string[]): (presented: string) => boolean {
  const hashes = keys.map((key) => Buffer.from(HASHED.exec(sealKey(key) as string)![1]!, 'hex'));
  return (presented) => {
    const hash = sha256(presented);
    let known = false;
    for (const key of hashes) known = timingSafeEqual(hash, key) || known;
    return known;
  };
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
