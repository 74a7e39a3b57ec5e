import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { StageGate } from './stage-gate';

/** May this client come in? Addresses, countries, agents, credentials, times … */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(@Inject(StageGate) private readonly gate: StageGate) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gate.pass('access', context);
  }
}
