import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { StageGate } from './stage-gate';

/** Not so fast: the limits of the route. */
@Injectable()
export class RateLimitGuard implements CanActivate {
  constructor(@Inject(StageGate) private readonly gate: StageGate) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gate.pass('limits', context);
  }
}
