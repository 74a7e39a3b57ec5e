import 'reflect-metadata';

export type MarkedHandler = (...args: never[]) => unknown;

const HANDLER = Symbol('nestapi-guard:handler');
/** Where `@RouteConfig()` of @nestjs/platform-fastify keeps what Fastify will find in `request.routeOptions.config`. */
const FASTIFY_ROUTE_CONFIG = '__fastify_route_config__';

/**
 * Lets a handler be recognised in what Nest registers with the framework: a wrapper that gets a copy of the handler's metadata.
 * To be called before the routes are registered.
 */
export function markHandler(handler: MarkedHandler): void {
  const config = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG, handler) as object | undefined;
  Reflect.defineMetadata(FASTIFY_ROUTE_CONFIG, { ...config, [HANDLER]: handler }, handler);
  Reflect.defineMetadata(HANDLER, handler, handler);
}

/** The handler behind a function that Nest has registered with Express. */
export function handlerBehind(registered: object): MarkedHandler | undefined {
  return Reflect.getMetadata(HANDLER, registered) as MarkedHandler | undefined;
}

/** The handler of a route of Fastify. */
export function handlerOfRouteConfig(config: object | undefined): MarkedHandler | undefined {
  return (config as { [HANDLER]?: MarkedHandler } | undefined)?.[HANDLER];
}
