import { Inject, Injectable } from '@nestjs/common';
import { isCanonicalPath } from '../network/canonical-path';
import type { GuardedRequest } from '../platform/guarded-request';
import { GUARDS_ARE_GLOBAL } from '../policy/guard-registration';
import { RoutePaths } from '../policy/route-paths';
import type { CompileTarget, Probe, RouteInfo, SecurityCheck } from '../policy/security-check';
import { EndpointPattern } from './endpoint-pattern';
import { UnroutedLimit } from './unrouted-limit';

/**
 * Refuses clients at the door that have filled the limit of requests that reach no route, and counts what no guard has seen.
 *
 * It cannot wait for the route, which most of those requests never reach; the paths of routes with
 * `@Bypass(['rate_limit'])` stay open to them.
 */
@Injectable()
export class UnroutedLimitCheck implements SecurityCheck {
  readonly name = 'rate_limit';
  readonly stage = 'door';
  readonly undeferred = true;
  /** The same for every target: decorators alone decide. */
  private exempt: readonly EndpointPattern[] = [];

  constructor(
    @Inject(UnroutedLimit) private readonly limit: UnroutedLimit,
    @Inject(RoutePaths) private readonly paths: RoutePaths,
    @Inject(GUARDS_ARE_GLOBAL) private readonly guardsAreGlobal: boolean,
  ) {}

  compile({ config, bypassing }: CompileTarget): Probe | undefined {
    this.exempt = bypassing.filter(({ kind }) => kind === 'http').flatMap((route) => this.patternsOf(route));
    if (!config.enableRateLimiting) return undefined;
    return (request) => {
      if (!this.limit.suspects(request) || this.isExempt(request)) return undefined;
      return this.limit.refuse(request);
    };
  }

  account(request: GuardedRequest): void {
    // What an application serves without the guards that it places itself is its own business.
    if (!this.guardsAreGlobal && isServed(request)) return;
    if (!this.isExempt(request)) this.limit.account(request);
  }

  private isExempt({ method, path }: GuardedRequest): boolean {
    if (this.exempt.length === 0 || !isCanonicalPath(path)) return false;
    const asked = method === 'HEAD' ? 'GET' : method;
    return this.exempt.some((pattern) => pattern.coversPath(asked, path));
  }

  private patternsOf(route: RouteInfo): EndpointPattern[] {
    const { method, templates } = this.paths.of(route);
    return templates.map((template) => new EndpointPattern(method === 'ALL' ? template : `${method} ${template}`));
  }
}

function isServed({ response }: GuardedRequest): boolean {
  return response !== undefined && response.headersSent && response.statusCode < 400;
}
