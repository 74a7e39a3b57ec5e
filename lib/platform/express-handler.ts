import type { IncomingMessage } from 'node:http';
import { pathOfTarget } from '../network/canonical-path';
import { handlerBehind, type MarkedHandler } from './marked-handler';

/** The part of an Express application that knows its routes. */
export interface ExpressRouting {
  readonly router?: { readonly stack?: readonly Layer[] };
}

interface Layer {
  readonly route?: Route;
  match(path: string): boolean;
}

interface Route {
  readonly methods: Readonly<Record<string, boolean>>;
  readonly stack: readonly { readonly method?: string; readonly handle: (...args: never[]) => unknown }[];
}

/**
 * The handler that Express will call for a request, found by Express's own layers before it has walked them. Undefined unless
 * it is certain: two handlers that match are one that may pass the request on (by version or host), and a route that is not
 * Nest's may answer first.
 */
export function findExpressHandler({ router }: ExpressRouting, raw: IncomingMessage): MarkedHandler | undefined {
  const path = pathOfTarget(raw.url ?? '');
  const method = raw.method?.toLowerCase() ?? '';
  let found: MarkedHandler | undefined;
  for (const layer of router?.stack ?? []) {
    const { route } = layer;
    if (route === undefined || !(route.methods[method] ?? route.methods._all) || !matches(layer, path)) continue;
    for (const { method: verb, handle } of route.stack) {
      if (verb !== undefined && verb !== method) continue;
      const handler = handlerBehind(handle);
      if (handler === undefined) {
        // Middleware of Nest takes `next`; what does not, answers.
        if (handle.length < 3) return found;
      } else if (found !== undefined && found !== handler) {
        return undefined;
      } else {
        found = handler;
      }
    }
  }
  return found;
}

function matches(layer: Layer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // A parameter that cannot be decoded: Express will answer 400.
    return false;
  }
}
