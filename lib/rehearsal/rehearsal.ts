import type { BanEvent, RefusalEvent, ThreatEvent } from '../observability/guard-event';
import { exclusionsOf } from './exclusions';
import type { RehearsalFinding, RehearsalSummary } from './rehearsal-summary';

const MOST_FINDINGS = 1_000;
const MOST_CLIENTS = 50;
const MOST_ROUTES = 500;
const MOST_CANDIDATES = 10;
const LONGEST_PLACE = 200;

interface Entry extends Omit<RehearsalFinding, 'exclusions' | 'clients' | 'count' | 'last'> {
  count: number;
  last: Date;
  /** Addresses, up to a bound. */
  readonly clients: Set<string>;
}

/** Collects what would have been refused, in bounded memory. */
export class Rehearsal {
  private readonly checks = new Map<string, number>();
  private readonly routes = new Map<string, number>();
  private entries = new Map<string, Entry>();
  private total = 0;
  private bans = 0;
  private forgotten = 0;
  private since = new Date();

  /** Adds a refusal that was only reported; others are ignored. */
  add(event: RefusalEvent | BanEvent): void {
    if (event.type === 'would_ban') this.bans++;
    if (event.type !== 'would_refuse') return;
    const { check, at, request } = event;
    this.total++;
    increase(this.checks, check, Infinity);
    increase(this.routes, request.route ?? 'none', MOST_ROUTES);
    const entry = this.entryOf(event);
    entry.count++;
    entry.last = at;
    if (request.ip !== undefined && entry.clients.size < MOST_CLIENTS) entry.clients.add(request.ip);
  }

  /** How many refusals there were. */
  get size(): number {
    return this.total;
  }

  summary(): RehearsalSummary {
    const entries = [...this.entries.values()];
    const byCount = entries.sort((a, b) => b.count - a.count);
    const byClients = [...byCount].sort((a, b) => b.clients.size - a.clients.size);
    return {
      since: this.since,
      total: this.total,
      bans: this.bans,
      byCheck: ranked(this.checks).map(([check, count]) => ({ check, count })),
      byRoute: ranked(this.routes).map(([route, count]) => ({ route, count })),
      findings: byCount.map(findingOf),
      candidates: byClients.slice(0, MOST_CANDIDATES).map(findingOf),
      forgotten: this.forgotten,
    };
  }

  /** Starts anew. */
  reset(): void {
    this.checks.clear();
    this.routes.clear();
    this.entries.clear();
    this.total = this.bans = this.forgotten = 0;
    this.since = new Date();
  }

  private entryOf(event: RefusalEvent): Entry {
    const { check, reason, at, request } = event;
    const { route, handler, method, path, requestId } = request;
    const place = placeOf(event);
    const key = JSON.stringify([check, reason, handler ?? route, place]);
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    if (this.entries.size >= MOST_FINDINGS) this.forget();
    const example = { method, path, requestId };
    const entry: Entry = {
      check,
      reason,
      route,
      handler,
      place,
      count: 0,
      first: at,
      last: at,
      example,
      clients: new Set(),
    };
    this.entries.set(key, entry);
    return entry;
  }

  /** Gives up the half that matters least: one client that tries names at random must not push out what many ran into. */
  private forget(): void {
    const order = [...this.entries].sort(([, a], [, b]) => b.clients.size - a.clients.size || b.count - a.count);
    for (const [, { count }] of order.splice(MOST_FINDINGS / 2)) this.forgotten += count;
    this.entries = new Map(order);
  }
}

/** Where the finding is that gave the refusal its reason. */
function placeOf({ check, reason, evidence }: RefusalEvent): string | undefined {
  if (check !== 'penetration') return undefined;
  const { threats = [] } = (evidence ?? {}) as Partial<ThreatEvent['evidence']>;
  const path = (threats.find(({ category }) => category === reason) ?? threats[0])?.path;
  return path?.replace(/\[\d+\]/g, '').slice(0, LONGEST_PLACE);
}

function findingOf({ clients, ...entry }: Entry): RehearsalFinding {
  return { ...entry, clients: clients.size, exclusions: exclusionsOf(entry, [...clients]) };
}

function increase(counts: Map<string, number>, key: string, most: number): void {
  const bounded = counts.has(key) || counts.size < most ? key : 'other';
  counts.set(bounded, (counts.get(bounded) ?? 0) + 1);
}

function ranked(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([, a], [, b]) => b - a);
}
