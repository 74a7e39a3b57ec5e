/** What a developer would write so that a finding is found no more. */
export interface Exclusion {
  /** To be pasted: a decorator, or a field of the configuration. */
  readonly code: string;
  /** `on ArticlesController.publish`, or `in the configuration`. */
  readonly where: string;
}

/** Refusals that have the check, its reason, the route, and the place within the request in common. */
export interface RehearsalFinding {
  readonly check: string;
  /** The rule, in the words of the check: `limit reached`, `sql_injection`, `blocked user agent` … */
  readonly reason: string;
  /** Absent for what no route matched, and for what the door decides before the route is known. */
  readonly route?: string;
  /** `ArticlesController.publish` */
  readonly handler?: string;
  /** Where an attack was found, without the indices of lists: `body.items.name`. */
  readonly place?: string;
  readonly count: number;
  /** Different clients, counted up to 50. */
  readonly clients: number;
  readonly first: Date;
  readonly last: Date;
  /** One of the requests, to look it up in the log. */
  readonly example: { readonly method: string; readonly path: string; readonly requestId?: string };
  /** What would silence it, from the narrowest to the widest. */
  readonly exclusions: readonly Exclusion[];
}

/** What would have been refused, had refusals been enforced. */
export interface RehearsalSummary {
  readonly since: Date;
  /** Refusals that were only reported. */
  readonly total: number;
  /** Bans that were only reported. */
  readonly bans: number;
  /** Most frequent first. */
  readonly byCheck: readonly { readonly check: string; readonly count: number }[];
  /** Most frequent first; refusals before the route was known are under `none`. */
  readonly byRoute: readonly { readonly route: string; readonly count: number }[];
  /** By rule, most frequent first. */
  readonly findings: readonly RehearsalFinding[];
  /**
   * The findings that are most likely wrong, at most ten: what many clients do alike is seldom an attack. Those of most
   * clients first.
   */
  readonly candidates: readonly RehearsalFinding[];
  /** Refusals whose finding was given up, since there are more than 1,000; the other totals have them. */
  readonly forgotten: number;
}
