import type { Resolvable, ThrottlerGenerateKeyFunction, ThrottlerGetTrackerFunction } from '@nestjs/throttler';
import type { RouteInfo } from '../policy/security-check';

/** What `@Throttle()` of @nestjs/throttler says about a route under one name. */
export interface Throttle {
  readonly name: string;
  readonly limit?: Resolvable<number>;
  /** Milliseconds. */
  readonly ttl?: Resolvable<number>;
  /** Milliseconds for which a client that went over the limit is kept out. */
  readonly blockDuration?: Resolvable<number>;
  readonly getTracker?: ThrottlerGetTrackerFunction;
  readonly generateKey?: ThrottlerGenerateKeyFunction;
}

// The keys of @nestjs/throttler, which it does not export; a name follows each.
const FIELDS = {
  limit: 'THROTTLER:LIMIT',
  ttl: 'THROTTLER:TTL',
  blockDuration: 'THROTTLER:BLOCK_DURATION',
  getTracker: 'THROTTLER:TRACKER',
  generateKey: 'THROTTLER:KEY_GENERATOR',
} as const;
const SKIP = 'THROTTLER:SKIP';

/** Where `@Throttle()` may stand for a route: what is on the handler wins. */
type Places = Readonly<Record<'handler' | 'classRef', object>>;

/** The throttles that are written on a class or a method, those that `@SkipThrottle()` names there left out. */
export function throttlesOn(subject: object): Throttle[] {
  return throttlesOf({ handler: subject, classRef: subject });
}

/** The throttles of a route, those that `@SkipThrottle()` names left out. */
export function throttlesOf(route: Places): Throttle[] {
  const keys = [route.handler, route.classRef].flatMap((target): unknown[] => Reflect.getMetadataKeys(target));
  const names = new Set(
    keys.flatMap((key) =>
      typeof key === 'string' && key.startsWith(FIELDS.limit) ? key.slice(FIELDS.limit.length) : [],
    ),
  );
  return [...names].filter((name) => !isSkipped(route, name)).map((name) => ({ name, ...fieldsOf(route, name) }));
}

/** Whether `@SkipThrottle()` exempts a route from what limits every route. */
export function skipsGlobalLimit(route: RouteInfo): boolean {
  return isSkipped(route, 'default');
}

function isSkipped(route: Places, name: string): boolean {
  return read(route, SKIP + name) === true;
}

function fieldsOf(route: Places, name: string): Omit<Throttle, 'name'> {
  return Object.fromEntries(Object.entries(FIELDS).map(([field, key]) => [field, read(route, key + name)]));
}

function read({ handler, classRef }: Places, key: string): unknown {
  return Reflect.getMetadata(key, handler) ?? Reflect.getMetadata(key, classRef);
}
