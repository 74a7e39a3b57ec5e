import { type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard } from '@nestjs/throttler';
import { LiveConfig } from '../config/live-config';
import { StageGate } from '../pipeline/stage-gate';
import type { FrameworkRequest } from '../platform/framework-request';
import { GuardedRequests } from '../platform/guarded-requests';
import { StateThrottlerStorage } from './state-throttler-storage';

const ADMITTED = Promise.resolve(true);

/**
 * Not so fast: the limits of the route, in one question to the store.
 *
 * It is a `ThrottlerGuard`, so that whoever looks for one finds it; `@Throttle()` and `@SkipThrottle()` are read when the
 * application starts, not for every request.
 *
 * @example
 * ```ts
 * @Controller('orders')
 * @UseGuards(AccessGuard, RateLimitGuard, DetectionGuard)
 * class OrdersController {}
 * ```
 */
@Injectable()
export class RateLimitGuard extends ThrottlerGuard {
  constructor(
    @Inject(StageGate) private readonly gate: StageGate,
    @Inject(StateThrottlerStorage) storage: StateThrottlerStorage,
    @Inject(Reflector) reflector: Reflector,
    @Inject(LiveConfig) { current }: LiveConfig,
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
  ) {
    super([{ limit: () => current.rateLimit, ttl: () => current.rateLimitWindow * 1000 }], storage, reflector);
  }

  override canActivate(context: ExecutionContext): Promise<boolean> {
    const passed = this.gate.pass('limits', context);
    return passed instanceof Promise ? passed : ADMITTED;
  }

  /** The client as every other check knows it, in place of `req.ip`. */
  protected override getTracker(request: FrameworkRequest): Promise<string> {
    return Promise.resolve(this.requests.ofFramework(request).clientKey);
  }
}
