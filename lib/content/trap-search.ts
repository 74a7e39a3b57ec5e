import { queryPairs } from '../detection/values/query-string';

/** Looks for filled traps in what a client sent. */
export class TrapSearch {
  private readonly traps: ReadonlySet<string>;

  constructor(traps: readonly string[]) {
    this.traps = new Set(traps);
  }

  /** Whether a field name is a trap, or leads to one: `contact[website]`, `contact.website`, `website[]`. */
  isTrap(name: string): boolean {
    if (this.traps.has(name)) return true;
    if (!/[[\].]/.test(name)) return false;
    return name.split(/[[\].]+/).some((segment) => this.traps.has(segment));
  }

  /** In a query or an urlencoded form, as it was sent. */
  inPairs(text: string): boolean {
    if (text === '') return false;
    for (const { name, value } of queryPairs(text, Infinity)) {
      if (value !== '' && this.isTrap(name)) return true;
    }
    return false;
  }

  /** In a parsed body, at any depth. Iterative: bodies nest as deeply as their senders like. */
  inStructure(body: object): boolean {
    const seen = new Set<object>();
    const stack: object[] = [body];
    for (let container = stack.pop(); container !== undefined; container = stack.pop()) {
      if (seen.has(container)) continue;
      seen.add(container);
      const isList = Array.isArray(container);
      for (const [key, given] of Object.entries(container)) {
        const value = fieldValue(given);
        if (!isList && this.isTrap(key)) {
          // What is empty as a whole holds no filled trap either, and need not be walked again.
          if (isFilled(value)) return true;
        } else if (isContainer(value)) {
          stack.push(value);
        }
      }
    }
    return false;
  }
}

/** Whether a value holds anything but empty texts, nulls, and lists and objects of such. */
export function isFilled(value: unknown): boolean {
  const seen = new Set<object>();
  const stack: unknown[] = [value];
  while (stack.length > 0) {
    const item = stack.pop();
    if (!isContainer(item)) {
      if (item !== undefined && item !== null && item !== '' && !(Buffer.isBuffer(item) && item.length === 0))
        return true;
    } else if (!seen.has(item)) {
      seen.add(item);
      for (const member of Object.values(item) as unknown[]) stack.push(fieldValue(member));
    }
  }
  return false;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
}

/** What `attachFieldsToBody` of @fastify/multipart makes of a field holds its value among much else. */
function fieldValue(value: unknown): unknown {
  if (!isContainer(value) || !('fieldname' in value) || !('fields' in value)) return value;
  const { type, value: text, filename } = value as { type?: unknown; value?: unknown; filename?: unknown };
  return type === 'file' ? filename : text;
}
