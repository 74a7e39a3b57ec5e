import { setImmediate } from 'node:timers/promises';
import {
  All,
  Controller,
  HttpException,
  type INestApplicationContext,
  RequestMapping,
  RequestMethod,
  type Type,
} from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import type { BanEvent, RefusalEvent } from '../observability/guard-event';
import { GuardEvents } from '../observability/guard-events.service';
import { Door } from '../pipeline/door';
import { Enforcement } from '../pipeline/enforcement.service';
import { StageGate } from '../pipeline/stage-gate';
import { StageRunner } from '../pipeline/stage-runner';
import type { CheckName } from '../policy/check-name';
import { PolicyCompiler } from '../policy/policy-compiler';
import { GUARD_STAGES } from '../policy/policy-report';
import { Rehearsal } from '../rehearsal/rehearsal';
import type { RehearsalSummary } from '../rehearsal/rehearsal-summary';
import { MONOTONIC_CLOCK } from '../state/monotonic-clock';
import { WALL_CLOCK } from '../state/wall-clock';
import { openOfflineGuard } from './offline-guard';
import { RecordedCall } from './recorded-call';
import type { RecordedRequest } from './recorded-request';
import { RecordedRunner } from './recorded-runner';
import { RouteTable } from './route-table';

export interface ReplayOptions {
  readonly config: object;
  /** The application whose routes are called; without, every path is a route without decorators. */
  readonly modules?: ModulesContainer | undefined;
  readonly globalPrefix: string;
  /** Ask every check about every request and ban nobody, instead of stopping at the first refusal as enforcement does. */
  readonly passive: boolean;
}

/** What became of a recording. */
export interface ReplaySummary {
  readonly requests: number;
  /** Requests that would have been refused, for one reason or several. */
  readonly refused: number;
  /** Requests whose time is not recorded: they happen at the time of the one before. */
  readonly untimed: number;
  readonly from?: Date;
  readonly to?: Date;
  /** Checks that could not be asked, and about how many requests: what they need is not recorded. */
  readonly unjudged: readonly { readonly check: CheckName; readonly requests: number }[];
  readonly rehearsal: RehearsalSummary;
}

const NOT_FOUND = 404;
/** Requests between two turns of the event loop. */
const TURN = 256;

/** Sends recorded requests through the real pipeline; their own time drives the clock of limits and bans. */
export class Replay {
  private readonly rehearsal = new Rehearsal();
  private readonly routes: RouteTable;
  private readonly door: Door;
  private readonly gate: StageGate;
  private requests = 0;
  private refused = 0;
  private untimed = 0;

  private constructor(
    private readonly guard: INestApplicationContext,
    private readonly runner: RecordedRunner,
    private readonly clock: RecordedClock,
    private readonly options: ReplayOptions,
  ) {
    this.door = guard.get(Door, { strict: false });
    this.gate = guard.get(StageGate, { strict: false });
    this.routes = new RouteTable(guard.get(PolicyCompiler, { strict: false }).routes);
    const events = guard.get(GuardEvents, { strict: false });
    for (const type of ['refused', 'would_refuse', 'banned', 'would_ban'] as const) {
      events.on(type, (event) => this.rehearsal.add(this.asRehearsed(event)));
    }
  }

  /** @throws GuardConfigError when the configuration or a decorator is invalid */
  static async open(options: ReplayOptions): Promise<Replay> {
    const { modules, passive, globalPrefix } = options;
    const clock = new RecordedClock();
    let runner: RecordedRunner | undefined;
    const guard = await openOfflineGuard({
      config: { ...options.config, passiveMode: passive, logSuspiciousLevel: null, logRequestLevel: null },
      modules,
      globalPrefix,
      controllers: modules === undefined ? [anyRoute(options.config)] : [],
      providers: [
        { provide: MONOTONIC_CLOCK, useValue: () => clock.elapsed },
        { provide: WALL_CLOCK, useValue: () => clock.now },
        {
          provide: StageRunner,
          inject: [Enforcement],
          useFactory: (enforcement: Enforcement) => (runner = new RecordedRunner(enforcement)),
        },
      ],
    });
    return new Replay(guard, runner!, clock, options);
  }

  async take(recorded: RecordedRequest): Promise<void> {
    this.requests++;
    if (recorded.time === undefined) this.untimed++;
    else this.clock.moveTo(recorded.time);
    this.runner.facets = recorded.facets;
    const call = new RecordedCall(recorded);
    const refused = await this.judge(call, recorded);
    call.finish();
    if (refused) this.refused++;
    // Events are delivered in the next turn: with the clock still at the request that caused them.
    if (refused || this.requests % TURN === 0) await setImmediate();
  }

  /** Ends the replay. */
  async close(): Promise<ReplaySummary> {
    await this.guard.close();
    const { requests, refused, untimed, clock, runner } = this;
    const summary = this.rehearsal.summary();
    return {
      requests,
      refused,
      untimed,
      from: clock.from,
      to: clock.to,
      unjudged: [...runner.unjudged].map(([check, count]) => ({ check, requests: count })),
      rehearsal: { ...summary, since: clock.from ?? summary.since },
    };
  }

  /** What a request meets, in the order of the real thing. */
  private async judge(call: RecordedCall, { status, method }: RecordedRequest): Promise<boolean> {
    const { raw, response } = call;
    const stopped = (await this.door.open(raw, response)) !== undefined;
    const request = this.door.known(raw)!;
    const wouldRefuse = (): boolean => request.verdict.wouldRefuse.length > 0;
    // A preflight is answered by now.
    if (stopped || response.writableEnded) return stopped || wouldRefuse();
    call.arrive();
    const match = this.routeOf(method, request.path, status);
    // Neither a handler nor a 404: files, GraphQL and whatever else answers by itself. It is accounted when it is finished.
    if (match === undefined && status !== undefined && status !== NOT_FOUND) return wouldRefuse();
    if (match === undefined) return (await this.door.unmatched(request)) !== undefined || wouldRefuse();
    const context = call.contextOf(match);
    for (const stage of GUARD_STAGES) {
      try {
        await this.gate.pass(stage, context);
      } catch (error) {
        if (error instanceof HttpException) return true;
        throw error;
      }
    }
    return wouldRefuse();
  }

  private routeOf(method: string, path: string, status: number | undefined) {
    const unknown = this.options.modules === undefined && status === NOT_FOUND;
    return unknown ? undefined : this.routes.find(method, path);
  }

  /** An event as a rehearsal tells of it: at the recorded time, and on the route that the door does not know yet. */
  private asRehearsed<Event extends RefusalEvent | BanEvent>(event: Event): Event {
    const at = new Date(this.clock.now);
    if (event.type === 'banned' || event.type === 'would_ban') return { ...event, at, type: 'would_ban' };
    const { request } = event as RefusalEvent;
    if (this.options.modules === undefined) {
      const route = request.handler && `${request.method} ${generalPath(request.path)}`;
      return { ...event, at, type: 'would_refuse', request: { ...request, route, handler: undefined } };
    }
    const route = request.route ?? this.routes.find(request.method, request.path)?.route.ways.taken(request.path);
    return { ...event, at, type: 'would_refuse', request: { ...request, route } };
  }
}

/** The time of the recording. It never goes back: a log is written in the order in which requests end. */
class RecordedClock {
  private first: number | undefined;
  private latest = 0;

  get now(): number {
    return this.latest;
  }

  /** Milliseconds since the first request. */
  get elapsed(): number {
    return this.latest - (this.first ?? this.latest);
  }

  get from(): Date | undefined {
    return this.first === undefined ? undefined : new Date(this.first);
  }

  get to(): Date | undefined {
    return this.first === undefined ? undefined : new Date(this.latest);
  }

  moveTo(time: number): void {
    this.first ??= time;
    this.latest = Math.max(this.latest, time);
  }
}

/** Stands for an application of which nothing is known: the paths that `endpointRateLimits` names, and all others. */
function anyRoute({ endpointRateLimits }: { endpointRateLimits?: unknown }): Type {
  class RecordedTraffic {}
  const prototype = RecordedTraffic.prototype as Record<string, unknown>;
  const add = (name: string, decorate: MethodDecorator): void => {
    Object.defineProperty(prototype, name, { value() {}, writable: true, configurable: true });
    decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name)!);
  };
  const endpoints =
    typeof endpointRateLimits === 'object' && endpointRateLimits !== null ? Object.keys(endpointRateLimits) : [];
  for (const [index, endpoint] of endpoints.entries()) {
    const [, method = 'ALL', path = ''] = /^(?:([A-Z]+) )?(\/\S*)$/.exec(endpoint) ?? [];
    if (!(method in RequestMethod)) continue;
    add(`endpoint${index}`, RequestMapping({ path, method: RequestMethod[method as keyof typeof RequestMethod] }));
  }
  add('any', All('{*path}'));
  Controller()(RecordedTraffic);
  return RecordedTraffic;
}

const IDENTIFIER = /^(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,})$/i;

/** `/cats/:id` of `/cats/42`: a guess at the route that a path belongs to. */
function generalPath(path: string): string {
  return path
    .split('/')
    .map((segment) => (IDENTIFIER.test(segment) ? ':id' : segment))
    .join('/');
}
