import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { StageGate } from './stage-gate';

/** What does the request carry? Runs after the body is parsed. */
@Injectable()
export class DetectionGuard implements CanActivate {
  constructor(@Inject(StageGate) private readonly gate: StageGate) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    return this.gate.pass('detection', context);
  }
}
