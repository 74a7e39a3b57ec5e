import type { FactoryProvider, ModuleMetadata, Type } from '@nestjs/common';
import type { GuardConfigInput } from './config/guard-config';

/** How the module takes its place in the application; not part of the configuration proper. */
export interface GuardModuleExtras {
  /**
   * Register the three guards for every handler. `false` leaves placing `AccessGuard`, `RateLimitGuard` and
   * `DetectionGuard` to `@UseGuards()` or `app.useGlobalGuards()`; the door works all the same. Default true.
   */
  readonly registerGuards?: boolean;
  /** Export the services to every module. Default true. */
  readonly isGlobal?: boolean;
}

/** A class that makes the configuration, for `useClass` and `useExisting`. */
export interface GuardConfigFactory {
  createGuardConfig(): GuardConfigInput | Promise<GuardConfigInput>;
}

export interface GuardModuleAsyncOptions extends GuardModuleExtras, Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  // The dependencies named in `inject`, which TypeScript cannot relate to their tokens.
  readonly useFactory?: (...dependencies: never[]) => GuardConfigInput | Promise<GuardConfigInput>;
  readonly useClass?: Type<GuardConfigFactory>;
  readonly useExisting?: Type<GuardConfigFactory>;
}
