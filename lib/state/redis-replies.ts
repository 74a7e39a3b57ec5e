import type { Message, TierVerdict } from './state-store';
import { failure } from './store-failure';

const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;

/** The verdicts of the limits script; anything but three numbers a tier is a failure of the store. */
export function verdictsOf(reply: unknown, tiers: number): TierVerdict[] {
  if (!Array.isArray(reply) || reply.length !== tiers * 3 || !reply.every(isCount)) throw failure('REPLY');
  const numbers = reply;
  return Array.from({ length: tiers }, (_, index) => {
    const retryAfterMs = numbers[index * 3 + 2]!;
    return {
      allowed: retryAfterMs === 0,
      remaining: numbers[index * 3]!,
      resetMs: numbers[index * 3 + 1]!,
      retryAfterMs,
    };
  });
}

/** A reply of so many numbers. */
export function numbersOf(reply: unknown, count: number): number[] {
  if (!Array.isArray(reply) || reply.length !== count || !reply.every(isCount)) throw failure('REPLY');
  return reply;
}

/** A reply of an array. */
export function arrayOf(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw failure('REPLY');
  return reply as unknown[];
}

/** A reply of a text. */
export function textOf(reply: unknown): string {
  if (typeof reply !== 'string') throw failure('REPLY');
  return reply;
}

/** What an instance published: who it was and what it said; undefined for what is not ours. */
export function envelopeOf(text: string): { from: string; message: Message } | undefined {
  try {
    const envelope: unknown = JSON.parse(text);
    if (!Array.isArray(envelope) || envelope.length !== 2 || typeof envelope[0] !== 'string') return undefined;
    return { from: envelope[0], message: envelope[1] as Message };
  } catch {
    return undefined;
  }
}
