import 'reflect-metadata';
import type { RoutePolicy } from './route-policy';

const POLICY = Symbol('nestapi-guard:policy');

export interface PolicyDecoratorOptions {
  /** Applying the decorator again to the same class or method adds to its list instead of replacing it. */
  readonly stackable?: boolean;
}

/**
 * Makes a decorator of a function from its arguments to a partial policy. A decorator has no behaviour of its own.
 *
 * @example
 * ```ts
 * const Internal = policyDecorator((...networks: string[]) => ({ requireIp: { whitelist: networks } }));
 *
 * @Controller('metrics')
 * @Internal('10.0.0.0/8')
 * class MetricsController {}
 * ```
 */
export function policyDecorator<Args extends readonly unknown[]>(
  describe: (...args: Args) => RoutePolicy,
  { stackable = false }: PolicyDecoratorOptions = {},
): (...args: Args) => ClassDecorator & MethodDecorator {
  return (...args) =>
    (target: object, _property?: string | symbol, descriptor?: PropertyDescriptor) => {
      const subject = (descriptor?.value ?? target) as object;
      const existing = ownPolicy(subject);
      const added = describe(...args);
      Reflect.defineMetadata(POLICY, stackable ? stack(existing, added) : { ...existing, ...added }, subject);
    };
}

/** The policy written on a class or a method itself. */
export function ownPolicy(subject: object): RoutePolicy {
  return (Reflect.getOwnMetadata(POLICY, subject) as RoutePolicy | undefined) ?? {};
}

/** The policy of a class: what its base classes demand, overridden field by field by what it says itself. */
export function classPolicy(type: object): RoutePolicy {
  const base = Object.getPrototypeOf(type) as object | null;
  return base === null || base === Function.prototype ? ownPolicy(type) : { ...classPolicy(base), ...ownPolicy(type) };
}

// Decorators run from the bottom up: what stands above in the source is added in front.
function stack(existing: RoutePolicy, added: RoutePolicy): RoutePolicy {
  const stacked: Record<string, unknown> = { ...existing };
  for (const [field, value] of Object.entries(added)) {
    const present = stacked[field];
    stacked[field] =
      Array.isArray(present) && Array.isArray(value) ? [...(value as unknown[]), ...(present as unknown[])] : value;
  }
  return stacked;
}
