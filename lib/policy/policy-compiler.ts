import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { type ConfigProblem, GuardConfigError } from '../config/config-problem';
import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { Redaction } from '../observability/redaction.service';
import { markHandler } from '../platform/marked-handler';
import type { RequestKind } from '../platform/framework-request';
import { bypassedChecks } from './bypass.decorator';
import { type CheckName, checkPosition } from './check-name';
import {
  type CompiledProbe,
  type CompiledRoute,
  type CompiledTarget,
  type CompiledUnmatched,
  ProbePlan,
} from './compiled-route';
import { decoratorConflicts, decoratorProblems } from './decorator-problems';
import { describeHandler, HandlerScan } from './handler-scan';
import { classPolicy, ownPolicy } from './policy-decorator';
import { POLICY_RULES, type PolicyRules } from './policy-rules';
import { RoutePaths } from './route-paths';
import type { PolicyField, PolicyLayer, RoutePolicy } from './route-policy';
import {
  type CompileTarget,
  type Observer,
  type RouteInfo,
  type RouteKind,
  SECURITY_CHECKS,
  type SecurityCheck,
  type Stage,
} from './security-check';

type Handler = RouteInfo['handler'];

const ALL_KINDS: readonly RouteKind[] = ['http', 'graphql', 'ws', 'rpc'];

interface CompiledApplication {
  readonly door: ProbePlan;
  readonly unmatched: CompiledUnmatched;
  readonly routes: Map<Handler, CompiledRoute[]>;
  readonly awaitsArrivals: boolean;
}

/**
 * Decides once, at start-up and on every change of the configuration, what each route demands: which probes run for it, in
 * which order. At request time a route is found by its handler, never by a path.
 */
@Injectable()
export class PolicyCompiler {
  private readonly stray: readonly string[];
  /** The checks that want to know of requests which no guard has seen. */
  readonly accountants: readonly SecurityCheck[];
  private readonly checks: readonly SecurityCheck[];
  private readonly routeInfos: RouteInfo[];
  private compiled: CompiledApplication;

  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(SECURITY_CHECKS) checks: readonly SecurityCheck[],
    @Inject(POLICY_RULES) private readonly rules: readonly PolicyRules[],
    @Inject(HandlerScan) scan: HandlerScan,
    @Inject(Redaction) private readonly redaction: Redaction,
    @Inject(RoutePaths) private readonly paths: RoutePaths,
  ) {
    this.checks = [...checks].sort((a, b) => checkPosition(a.name) - checkPosition(b.name));
    this.accountants = this.checks.filter((check) => check.account !== undefined);
    const { routes, stray } = scan.run();
    this.routeInfos = [...routes];
    this.stray = stray;
    this.announce(routes);
    this.compiled = this.compileAll(live.current);
    // The decorators that ask then are all known by now, and the framework gets to know the routes next.
    if (this.awaitsArrivals) for (const { kind, handler } of routes) if (kind === 'http') markHandler(handler);
    live.onPrepare((next) => {
      reject(decoratorConflicts(this.routeInfos, this.rules, next));
      const compiled = this.compileAll(next);
      return () => {
        this.compiled = compiled;
      };
    });
  }

  /** The probes that run before routing. */
  get door(): ProbePlan {
    return this.compiled.door;
  }

  /** What applies to a request that matches no route. */
  get unmatched(): CompiledUnmatched {
    return this.compiled.unmatched;
  }

  get routes(): readonly CompiledRoute[] {
    return [...this.compiled.routes.values()].flat();
  }

  /** Whether any route asks something before the body is read. */
  get awaitsArrivals(): boolean {
    return this.compiled.awaitsArrivals;
  }

  /** The one compiled HTTP route of a handler; undefined when several classes inherit it. */
  soleRouteOf(handler: Handler): CompiledRoute | undefined {
    const routes = this.compiled.routes.get(handler)?.filter(({ kind }) => kind === 'http');
    return routes?.length === 1 ? routes[0] : undefined;
  }

  /** What is accepted and yet deserves a look. */
  warnings(): ConfigWarning[] {
    const config = this.live.current;
    const targets = [
      { ...this.layers(config), config },
      ...this.routeInfos.map((route) => ({ ...this.layers(config, route), config, route })),
    ];
    const stray = this.stray.map((path) => ({
      code: 'GUARD_DECORATOR_WITHOUT_HANDLER',
      path,
      message: 'is no handler: its guard decorators protect nothing',
    }));
    return [...stray, ...targets.flatMap((target) => this.checks.flatMap((check) => check.warnings?.(target) ?? []))];
  }

  /** Compiles everything again, now that the whole application is known (global prefix, instances of providers). */
  recompile(): void {
    this.compiled = this.compileAll(this.live.current);
  }

  /**
   * The compiled policy of a handler that was called for a kind of request. A handler that nothing announced, such as one
   * that a transport of the application calls by itself, is compiled when it is first met.
   */
  routeOf(classRef: RouteInfo['classRef'], handler: Handler, requested: RequestKind): CompiledRoute {
    const kind = requested === 'upgrade' ? 'http' : requested;
    return this.findRoute(classRef, handler, kind) ?? this.addRoute(classRef, handler, kind);
  }

  private findRoute(classRef: RouteInfo['classRef'], handler: Handler, kind: RouteKind): CompiledRoute | undefined {
    const known = this.compiled.routes.get(handler);
    if (known === undefined) return undefined;
    for (const route of known) if (route.classRef === classRef && route.kind === kind) return route;
    return undefined;
  }

  private addRoute(classRef: RouteInfo['classRef'], handler: Handler, kind: RouteKind): CompiledRoute {
    const name = `${classRef.name}.${handler.name}`;
    const described = describeHandler(classRef, handler).find((route) => route.kind === kind);
    const info = described ?? { name, kind, template: name, classRef, handler };
    reject(decoratorProblems([info], this.rules, (rule) => rule(this.live.current)));
    this.announce([info]);
    this.routeInfos.push(info);
    this.recompile();
    return this.findRoute(classRef, handler, kind)!;
  }

  private announce(routes: readonly RouteInfo[]): void {
    for (const { kind, template } of routes) if (kind === 'http') this.redaction.protectPath(template);
  }

  private compileAll(config: GuardConfig): CompiledApplication {
    const layered = this.routeInfos.map((route) => ({ route, ...this.layers(config, route) }));
    const bypassing = new Map<CheckName, RouteInfo[]>();
    for (const { route, policy } of layered) {
      for (const check of bypassedChecks(policy)) bypassing.set(check, [...(bypassing.get(check) ?? []), route]);
    }
    const routes = new Map<Handler, CompiledRoute[]>();
    for (const { route, policy, sources } of layered) {
      const target = this.compileTarget({ policy, sources, config, route }, bypassing, 'deferring');
      const whole = this.compileTarget({ policy, sources, config, route }, bypassing, 'whole');
      const message = ProbePlan.join(whole.door, whole.access);
      const untouched = this.untouchedFields({ policy, sources, route });
      const ways = this.paths.served(route);
      if (route.kind === 'http') this.redaction.protectPath(route.template, ways.labels);
      const compiled = { ...route, ...target, ways, sources, untouched, message };
      routes.set(route.handler, [...(routes.get(route.handler) ?? []), compiled]);
    }
    const byDefault = { ...this.layers(config), config };
    const rest = this.compileTarget(byDefault, bypassing, 'deferring');
    const whole = this.compileTarget(byDefault, bypassing, 'whole');
    const unlimited = { ...byDefault, policy: { ...byDefault.policy, bypass: ['rate_limit'] as const } };
    const unmatched = {
      threshold: whole.door,
      preflight: this.compileTarget(unlimited, bypassing, 'whole').door,
      guarded: ProbePlan.join(rest.access, rest.limits, rest.detection),
      everything: ProbePlan.join(whole.door, whole.access, whole.limits, whole.detection),
      observers: whole.observers,
    };
    const awaitsArrivals = [...routes.values()].flat().some((route) => !route.arrival.isEmpty);
    return { door: rest.door, unmatched, routes, awaitsArrivals };
  }

  private defaults(config: GuardConfig, route?: RouteInfo): RoutePolicy {
    return Object.assign({}, ...this.checks.map((check) => check.defaults?.(config, route) ?? {})) as RoutePolicy;
  }

  private layers(config: GuardConfig, route?: RouteInfo) {
    const layers: [PolicyLayer, RoutePolicy][] = [['config', this.defaults(config, route)]];
    if (route !== undefined) layers.push(['class', classPolicy(route.classRef)], ['method', ownPolicy(route.handler)]);
    const policy: RoutePolicy = {};
    const sources: Partial<Record<PolicyField, PolicyLayer>> = {};
    for (const [source, layer] of layers) {
      Object.assign(policy, layer);
      for (const field of Object.keys(layer) as PolicyField[]) sources[field] = source;
    }
    return { policy, sources };
  }

  private untouchedFields({ policy, sources, route }: Pick<CompileTarget, 'policy' | 'sources' | 'route'>) {
    const byDefault = this.defaults(this.live.defaults, route);
    const fields = Object.keys(byDefault) as PolicyField[];
    return new Set(
      fields.filter((field) => sources[field] === 'config' && isDeepStrictEqual(policy[field], byDefault[field])),
    );
  }

  private compileTarget(
    subject: Omit<CompileTarget, 'bypassing'>,
    bypassing: ReadonlyMap<CheckName, readonly RouteInfo[]>,
    door: 'deferring' | 'whole',
  ): CompiledTarget {
    const { policy, config, route } = subject;
    const bypassed = bypassedChecks(policy);
    const stages: Record<Stage, CompiledProbe[]> = { door: [], arrival: [], access: [], limits: [], detection: [] };
    const arrived: CompiledProbe[] = [];
    const observers: Observer[] = [];
    for (const check of this.checks) {
      if (bypassed.has(check.name) || config.checkModes[check.name] === 'off') continue;
      if (route !== undefined && !(check.kinds ?? ALL_KINDS).includes(route.kind)) continue;
      const target = { ...subject, bypassing: bypassing.get(check.name) ?? [] };
      const probe = check.compile(target);
      // What some route is exempt from cannot be decided before the route is known.
      const defers = door === 'deferring' && check.undeferred !== true && target.bypassing.length > 0;
      const stage = check.stage === 'door' && defers ? 'access' : check.stage;
      if (probe !== undefined) {
        const compiled = { check: check.name, probe };
        stages[stage].push(compiled);
        if (stage === 'arrival') stages.access.push(compiled);
        if (stage === 'access') arrived.push(compiled);
      }
      const observer = check.observe?.(target);
      if (observer !== undefined) observers.push(observer);
    }
    return {
      door: new ProbePlan(stages.door),
      arrival: new ProbePlan(stages.arrival),
      arrived: new ProbePlan(arrived),
      access: new ProbePlan(stages.access),
      limits: new ProbePlan(stages.limits),
      detection: new ProbePlan(stages.detection),
      policy,
      bypassed,
      observers,
    };
  }
}

function reject(problems: readonly ConfigProblem[]): void {
  if (problems.length > 0) throw new GuardConfigError(problems, 'GUARD_DECORATOR_INVALID');
}
