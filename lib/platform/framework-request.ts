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
  /** As the controller has it, such as `GET /cats/:id`. */
  readonly template: string;
  /** @internal What reports and events call it: with the global prefix, and with the version that a path asks for. */
  readonly ways: { taken(path: string): string };
}
