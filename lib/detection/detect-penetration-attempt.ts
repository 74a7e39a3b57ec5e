import { type ExecutionContext, Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FrameworkRequest } from '../platform/framework-request';
import type { GuardedRequest } from '../platform/guarded-request';
import { DetectionService } from './detection.service';
import { type InspectedRequest } from './detection.types';

/** The verdict of {@link detectPenetrationAttempt}. */
export interface PenetrationAttempt {
  readonly isSuspicious: boolean;
  /** What triggered it, such as `sql_injection in query.id`; empty when nothing did. */
  readonly triggerInfo: string;
}

let running: DetectionService | undefined;

/** Makes the running application's service known to {@link detectPenetrationAttempt}. */
@Injectable()
export class DetectionServiceLocator implements OnModuleDestroy {
  constructor(@Inject(DetectionService) private readonly service: DetectionService) {
    running = service;
  }

  onModuleDestroy(): void {
    if (running === this.service) running = undefined;
  }
}

/**
 * Inspects a request outside of dependency injection, with the configuration of the application that started last.
 * Inside of it, inject `DetectionService`.
 *
 * @throws Error while no application with `GuardModule` is running.
 *
 * @example
 * ```ts
 * async function isHostile(request: GuardedRequest) {
 *   return (await detectPenetrationAttempt(request)).isSuspicious;
 * }
 * ```
 */
export async function detectPenetrationAttempt(
  request: GuardedRequest | ExecutionContext | FrameworkRequest | InspectedRequest,
): Promise<PenetrationAttempt> {
  if (running === undefined)
    throw new Error('detectPenetrationAttempt() needs a running application that imports GuardModule.');
  const { suspicious, threats } = await running.inspect(request);
  const named = threats.map(({ category, path }) => `${category} in ${path}`);
  return { isSuspicious: suspicious, triggerInfo: suspicious ? [...new Set(named)].join(', ') : '' };
}
