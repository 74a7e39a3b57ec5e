/** A part of a request that a recording may lack, and that some check cannot do without. */
export type Facet = 'address' | 'agent' | 'referrer' | 'headers' | 'scheme';

/** One request as a log or a browser has recorded it. */
export interface RecordedRequest {
  /** Milliseconds since the Unix epoch. */
  readonly time?: number | undefined;
  readonly ip?: string | undefined;
  readonly method: string;
  /** The request target: path and query, not decoded. */
  readonly target: string;
  /** Names and values by turns, as Node has them. */
  readonly headers: readonly string[];
  readonly body?: string | undefined;
  readonly secure?: boolean;
  /** What it was answered with. */
  readonly status?: number | undefined;
  readonly facets: ReadonlySet<Facet>;
}

/** What a line of a log, or an entry of a HAR file, turned out to be. */
export type Parsed = RecordedRequest | undefined;
