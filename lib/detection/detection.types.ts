/** What an attack tries to speak: the language or the component that would be tricked. */
export const THREAT_CATEGORIES = [
  'xss',
  'sql_injection',
  'command_injection',
  'path_traversal',
  'file_inclusion',
  'ldap_injection',
  'xml_injection',
  'ssrf',
  'code_injection',
  'nosql_injection',
  'template_injection',
  'header_injection',
  'prototype_pollution',
  'deserialization',
  'jndi',
  'sensitive_file',
] as const;

/** One of {@link THREAT_CATEGORIES}. */
export type ThreatCategory = (typeof THREAT_CATEGORIES)[number];

/** The part of a request that a value was read from. */
export type ValueSource = 'query' | 'path' | 'header' | 'cookie' | 'body';

/** How much evidence is needed: `low` refuses only what is certain, `high` also what is merely odd. */
export type DetectionSensitivity = 'low' | 'default' | 'high';

/** One finding of the engine, explained. */
export interface Threat {
  readonly category: ThreatCategory;
  /** The detector that found it, e.g. `sql-injection`, or `custom:<pattern>`. */
  readonly detector: string;
  readonly source: ValueSource;
  /** Where in the source, e.g. `body.items[2].name` or `query.q`. */
  readonly path: string;
  /** The suspicious part after decoding, at most 120 characters, control characters escaped. */
  readonly excerpt: string;
  /** The layers of encoding that were removed to see it, outermost first; empty for plain text. */
  readonly decoded: readonly string[];
  /** Evidence in points; 4 is enough to refuse at `default` sensitivity. */
  readonly score: number;
  /** What was recognised, for the developer's eyes. */
  readonly reason: string;
}

/** The verdict on a request or a value. */
export interface DetectionResult {
  /** Whether the score reaches the limit of the sensitivity in force. */
  readonly suspicious: boolean;
  /** The highest score of any one value. */
  readonly score: number;
  readonly threats: readonly Threat[];
  /** The budgets that ended the inspection early; absent when everything was inspected. */
  readonly truncated?: readonly TruncationReason[];
}

/** A budget of detection that ran out. */
export type TruncationReason = 'text' | 'nodes' | 'depth' | 'time';

/** A request reduced to what the engine reads; no platform type appears here. */
export interface InspectedRequest {
  readonly method: string;
  /** The raw request target before any decoding, with or without its query. */
  readonly path: string;
  /** The raw query string without `?`; taken from `path` when absent. */
  readonly query?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The parsed body; a Buffer or string is read according to `contentType`. */
  readonly body?: unknown;
  /** The body's bytes as text where the parsed form hides something (urlencoded duplicates, dropped keys). */
  readonly rawBody?: string;
  readonly contentType?: string;
  /** Fields of the request that carry uploads: file names and declared types. */
  readonly files?: readonly { readonly field: string; readonly filename?: string }[];
}

/** Names that are not inspected; `*` stands for any run of characters, matching ignores case. */
export interface DetectionExclusions {
  readonly headers?: readonly string[];
  readonly params?: readonly string[];
  readonly bodyFields?: readonly string[];
  readonly cookies?: readonly string[];
}

/** Limits of the work spent on one request. */
export interface DetectionBudget {
  /** Characters analysed in depth. */
  readonly text: number;
  /** Values and containers visited. */
  readonly nodes: number;
  /** Levels of nesting followed. */
  readonly depth: number;
  /** Milliseconds. */
  readonly time: number;
}
