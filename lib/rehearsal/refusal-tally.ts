import type { RefusalEvent } from '../observability/guard-event';
import { type Exclusion, exclusionFor, threatPaths } from './exclusion';

/** How often something was, or would have been, refused. */
export interface Tally {
  readonly name: string;
  readonly refusals: number;
  /** Different client addresses; counted up to 250. */
  readonly clients: number;
}

/** One rule on one route that refused several clients, and what would silence it. */
export interface FalsePositiveCandidate extends Tally {
  readonly check: string;
  readonly route: string;
  readonly reason: string;
  /** Where it was found, such as `query.q`, and what: an example, redacted. */
  readonly example?: { readonly path: string; readonly excerpt?: string };
  readonly exclusion: Exclusion;
}

/** What was, or would have been, refused. */
export interface RefusalReport {
  readonly refusals: number;
  readonly checks: readonly Tally[];
  readonly routes: readonly Tally[];
  readonly rules: readonly Tally[];
  /** Many clients meeting one rule on one route are more likely users than attackers: most clients first. */
  readonly candidates: readonly FalsePositiveCandidate[];
}

/** Names of each kind that are told apart; refusals of further ones count under {@link OTHERS}. */
const MOST_NAMES = 500;
const MOST_CLIENTS = 250;
export const OTHERS = '(others)';
/** For what no route matched, and what was refused before that could be told. */
const NO_ROUTE = '(no route)';

/** Counts refusals by check, route and rule, in bounded memory. */
export class RefusalTally {
  private refusals = 0;
  private readonly checks = new Counts();
  private readonly routes = new Counts();
  private readonly rules = new Counts();
  private readonly candidates = new Counts<RefusalEvent>();

  add(event: RefusalEvent): void {
    const { check, request } = event;
    const rule = ruleOf(event);
    const route = routeOf(event);
    this.refusals++;
    this.checks.add(check, request.ip);
    this.routes.add(route, request.ip);
    this.rules.add(rule, request.ip);
    this.candidates.add(`${rule} on ${route}`, request.ip, event);
  }

  /** @param most entries of each list. */
  report(most = 10): RefusalReport {
    const { refusals, checks, routes, rules } = this;
    const candidates = this.candidates.top(Infinity, byClients).flatMap(({ sample, ...tally }) => {
      return sample === undefined ? [] : [candidateOf(tally, sample)];
    });
    return {
      refusals,
      checks: checks.top(Infinity).map(plain),
      routes: routes.top(most).map(plain),
      rules: rules.top(most).map(plain),
      candidates: candidates.slice(0, most),
    };
  }
}

function ruleOf({ check, reason, evidence }: RefusalEvent): string {
  const [path] = threatPaths(evidence);
  const limit: unknown = evidence?.limit;
  if (path !== undefined) return `${check}: ${reason} in ${path.replaceAll(/\[\d+\]/g, '[]')}`;
  return typeof limit === 'string' ? `${check}: ${reason} (${limit})` : `${check}: ${reason}`;
}

function routeOf({ request }: RefusalEvent): string {
  return request.route ?? NO_ROUTE;
}

function candidateOf(tally: Tally, event: RefusalEvent): FalsePositiveCandidate {
  const { check, reason, evidence } = event;
  const [path] = threatPaths(evidence);
  const [worst] = (evidence?.threats ?? []) as readonly { readonly excerpt?: string }[];
  return {
    ...tally,
    check,
    reason,
    route: routeOf(event),
    ...(path === undefined ? {} : { example: { path, excerpt: worst?.excerpt } }),
    exclusion: exclusionFor(event),
  };
}

interface Count<Sample> {
  refusals: number;
  readonly clients: Set<string>;
  readonly sample: Sample | undefined;
}

type Ranked<Sample> = Tally & { readonly sample: Sample | undefined };

class Counts<Sample = never> {
  private readonly byName = new Map<string, Count<Sample>>();

  add(name: string, client: string | undefined, sample?: Sample): void {
    const known = this.byName.get(name);
    const count = known ?? this.open(name, sample);
    count.refusals++;
    if (client !== undefined && count.clients.size < MOST_CLIENTS) count.clients.add(client);
  }

  top(most: number, order: (a: Tally, b: Tally) => number = byRefusals): Ranked<Sample>[] {
    return [...this.byName]
      .map(([name, { refusals, clients, sample }]) => ({ name, refusals, clients: clients.size, sample }))
      .sort(order)
      .slice(0, most);
  }

  private open(name: string, sample?: Sample): Count<Sample> {
    const full = this.byName.size >= MOST_NAMES;
    const key = full ? OTHERS : name;
    let count = this.byName.get(key);
    if (count === undefined) {
      count = { refusals: 0, clients: new Set(), sample: full ? undefined : sample };
      this.byName.set(key, count);
    }
    return count;
  }
}

function byRefusals(a: Tally, b: Tally): number {
  return b.refusals - a.refusals || a.name.localeCompare(b.name);
}

function byClients(a: Tally, b: Tally): number {
  return b.clients - a.clients || byRefusals(a, b);
}

function plain({ name, refusals, clients }: Tally): Tally {
  return { name, refusals, clients };
}
