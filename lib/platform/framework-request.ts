import type { IncomingMessage } from 'node:http';

/** What the framework adds to a request once it has routed and parsed it. */
export interface FrameworkRequest {
  readonly body?: unknown;
  readonly query?: unknown;
  readonly params?: unknown;
  readonly id?: unknown;
  readonly raw?: IncomingMessage;
  readonly user?: unknown;
}

/** How a request reached the application. */
export type RequestKind = 'http' | 'upgrade' | 'graphql' | 'ws' | 'rpc';

/** The route a request was matched to, as far as a check needs to know it. */
export interface MatchedRoute {
  readonly name: string;
  readonly template: string;
}
