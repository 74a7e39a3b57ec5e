import { randomBytes } from 'node:crypto';

// What a replica keeps in the store under a key: `id:value`, or `!id` once that very value was removed.

export function storedText(value: string): string {
  return `${randomBytes(9).toString('base64url')}:${value}`;
}

export function isRemoval(text: string): boolean {
  return text.startsWith('!');
}

export function valueOf(text: string): string {
  return text.slice(text.indexOf(':') + 1);
}

/** What stands for the removal of a value. */
export function removalOf(text: string): string {
  return `!${text.slice(0, text.indexOf(':'))}`;
}
