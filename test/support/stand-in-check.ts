import type { TestingModuleBuilder } from '@nestjs/testing';
import { SECURITY_CHECKS, type SecurityCheck } from '../../lib/policy/security-check';

/**
 * For `startApp({ override })`: runs the real pipeline with these checks only. What a check is asked, and in which contexts,
 * can be seen without a rule of its own getting in the way.
 */
export function onlyChecks(
  ...checks: readonly SecurityCheck[]
): (module: TestingModuleBuilder) => TestingModuleBuilder {
  return (module) => module.overrideProvider(SECURITY_CHECKS).useValue(checks);
}
