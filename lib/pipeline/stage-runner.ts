import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { GuardedRequest } from '../platform/guarded-request';
import type { CompiledProbe } from '../policy/compiled-route';
import type { Refusal } from '../policy/refusal';
import { Enforcement } from './enforcement.service';
import type { GuardException } from './guard-exception';

export type Verdict = GuardException | undefined;

/** Walks the probes of a stage until one of them refuses. Awaits only a probe that answered with a promise. */
@Injectable()
export class StageRunner {
  constructor(@Inject(Enforcement) private readonly enforcement: Enforcement) {}

  run(
    probes: readonly CompiledProbe[],
    request: GuardedRequest,
    context?: ExecutionContext,
    from = 0,
  ): Verdict | Promise<Verdict> {
    for (let index = from; index < probes.length; index++) {
      const { check, probe } = probes[index]!;
      let refusal: Refusal | undefined | Promise<Refusal | undefined>;
      try {
        refusal = probe(request, context);
      } catch (error) {
        const failure = this.enforcement.fail(check, error, request);
        if (failure !== undefined) return failure;
        continue;
      }
      if (refusal === undefined) continue;
      if (refusal instanceof Promise) return this.resume(probes, request, context, index, refusal);
      const exception = this.enforcement.enforce(refusal, request);
      if (exception !== undefined) return exception;
    }
    return undefined;
  }

  private async resume(
    probes: readonly CompiledProbe[],
    request: GuardedRequest,
    context: ExecutionContext | undefined,
    index: number,
    pending: Promise<Refusal | undefined>,
  ): Promise<Verdict> {
    let exception: Verdict;
    try {
      const refusal = await pending;
      exception = refusal && this.enforcement.enforce(refusal, request);
    } catch (error) {
      exception = this.enforcement.fail(probes[index]!.check, error, request);
    }
    return exception ?? this.run(probes, request, context, index + 1);
  }
}
