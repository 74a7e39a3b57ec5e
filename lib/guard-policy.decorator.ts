import { applyDecorators } from '@nestjs/common';
import { ApiKeyAuth } from './authentication/api-key-auth.decorator';
import { type AuthRule, RequireAuth } from './authentication/require-auth.decorator';
import { BlockClouds } from './cloud/block-clouds.decorator';
import { policyDecorator } from './policy/policy-decorator';
import type { RoutePolicy } from './policy/route-policy';
import { type CountryLimits, GeoRateLimit } from './rate-limit/geo-rate-limit.decorator';

/** The decorators that may be applied several times: one rule of theirs, or a list. */
const STACKABLE = ['rateLimit', 'usageMonitor', 'returnMonitor', 'suspiciousFrequency', 'customValidation'] as const;

type Stackable = (typeof STACKABLE)[number];

type OneOrMore<List> = List extends readonly (infer One)[] ? One | List : List;

/** Everything that the decorators of this module say, as one object: a field per decorator, named after it. */
export type GuardPolicyOptions = Omit<
  RoutePolicy,
  Stackable | 'requireHttps' | 'requireAuth' | 'blockClouds' | 'geoRateLimit'
> & {
  readonly [Field in Stackable]?: OneOrMore<NonNullable<RoutePolicy[Field]>>;
} & {
  readonly requireHttps?: boolean;
  /** The scheme, or the scheme with its options. */
  readonly requireAuth?: string | AuthRule;
  /** The providers; true for all. */
  readonly blockClouds?: boolean | readonly string[];
  readonly geoRateLimit?: { readonly limits: CountryLimits; readonly window?: number };
};

type Decorator = ClassDecorator & MethodDecorator;

const raw = policyDecorator((policy: object) => policy as RoutePolicy);
const stacked = policyDecorator((policy: object) => policy as RoutePolicy, { stackable: true });

/** The fields whose decorators do more than to write their argument down. */
const COMPOSED: Readonly<Record<string, (value: never) => Decorator>> = {
  requireAuth: (rule: string | AuthRule) =>
    typeof rule === 'string' ? RequireAuth(rule) : RequireAuth(rule?.scheme, rule),
  apiKeyAuth: ApiKeyAuth,
  blockClouds: (providers: true | readonly string[]) => (providers === true ? BlockClouds() : BlockClouds(providers)),
  geoRateLimit: (rule: NonNullable<GuardPolicyOptions['geoRateLimit']>) =>
    GeoRateLimit(rule?.limits, { window: rule?.window }),
};

/**
 * Everything that a route demands, as one object: the same as the decorators one by one, and combined with them by the same
 * rules.
 *
 * @throws GuardConfigError while the application starts, for a field that no decorator is named after (with the nearest one
 * that there is) and for whatever the decorators themselves do not accept.
 *
 * @example
 * ```ts
 * @Controller('admin')
 * @GuardPolicy({
 *   requireIp: { whitelist: ['10.0.0.0/8'] },
 *   requireAuth: 'bearer',
 *   rateLimit: { requests: 30, window: 60 },
 *   timeWindow: { start: '08:00', end: '20:00', zone: 'Europe/Paris' },
 * })
 * class AdminController {}
 * ```
 */
export function GuardPolicy(policy: GuardPolicyOptions): Decorator {
  // What is no object is reported with the handler's name, like every other bad argument.
  const isPolicy = typeof policy === 'object' && policy !== null && !Array.isArray(policy);
  const fields = isPolicy ? policy : { guardPolicy: policy ?? null };
  const decorators = Object.entries(fields).flatMap(([field, value]) => decoratorsOf(field, value));
  return applyDecorators(...decorators);
}

function decoratorsOf(field: string, value: unknown): Decorator[] {
  if (value === undefined || (value === false && (field === 'requireHttps' || field === 'blockClouds'))) return [];
  const composed = Object.hasOwn(COMPOSED, field) ? COMPOSED[field] : undefined;
  if (composed !== undefined) return [composed(value as never)];
  if (!STACKABLE.includes(field as Stackable)) return [raw({ [field]: value })];
  return [stacked({ [field]: Array.isArray(value) ? value : [value] })];
}
