import { type CanActivate, type ExecutionContext, Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { GuardedRequests } from '../platform/guarded-requests';
import { PolicyCompiler } from '../policy/policy-compiler';
import type { Stage } from '../policy/security-check';
import { StageGate } from './stage-gate';

/** Where `@UseGuards()` keeps the guards of a class. */
const GUARDS = '__guards__';

const STAGES: readonly Stage[] = ['access', 'limits', 'detection'];

/**
 * Nest 11 calls no global guard for the messages of gateways, Nest 12 does. So every gateway class gets one of its own, which
 * has nothing to do where the global ones have been called.
 */
@Injectable()
export class GatewayGuards implements CanActivate, OnModuleDestroy {
  private readonly gateways: ReadonlySet<object>;

  constructor(
    @Inject(PolicyCompiler) compiler: PolicyCompiler,
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
    @Inject(StageGate) private readonly gate: StageGate,
  ) {
    this.gateways = new Set(compiler.routes.filter(({ kind }) => kind === 'ws').map(({ classRef }) => classRef));
    for (const gateway of this.gateways) Reflect.defineMetadata(GUARDS, [this, ...guardsOf(gateway)], gateway);
  }

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // A class may be a gateway in several applications of one process, and has a guard of each of them.
    if (this.requests.isForeign(context) || this.requests.of(context).seen) return true;
    return this.pass(context, 0);
  }

  onModuleDestroy(): void {
    for (const gateway of this.gateways) {
      const others = guardsOf(gateway).filter((guard) => guard !== this);
      Reflect.defineMetadata(GUARDS, others, gateway);
    }
  }

  private pass(context: ExecutionContext, from: number): boolean | Promise<boolean> {
    for (let index = from; index < STAGES.length; index++) {
      const passed = this.gate.pass(STAGES[index]!, context);
      if (passed instanceof Promise) return passed.then(() => this.pass(context, index + 1));
    }
    return true;
  }
}

function guardsOf(gateway: object): readonly unknown[] {
  return (Reflect.getMetadata(GUARDS, gateway) as readonly unknown[] | undefined) ?? [];
}
