import { Inject, Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { GuardedRequest } from '../platform/guarded-request';
import { ApplicationClasses } from '../policy/application-classes';
import { inTime, isThenable, NoAnswerError } from '../policy/in-time';
import type { Refusal } from '../policy/refusal';
import { type CredentialVerifier, isVerifierClass, type Verify } from './verifier';

/** Milliseconds that a verifier has to answer: what hangs must not keep requests open. */
const TIMEOUT = 5000;

const REMEDY = 'cannot be provided; add it to the providers of a module';

/** Refuses a credential; the error is what the verifier failed with. */
export type Deny = (reason: string, error?: unknown) => Refusal;

/** Asks a verifier about a credential. Never throws or rejects. */
export type Verification<Credential> = (
  credential: Credential,
  request: GuardedRequest,
) => Refusal | undefined | Promise<Refusal | undefined>;

type VerifyFunction = (credential: never, request: GuardedRequest) => unknown;

/** Runs the verifiers of routes, functions as well as classes of the container. */
@Injectable()
export class VerificationService {
  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(ApplicationClasses) private readonly classes: ApplicationClasses,
  ) {}

  /**
   * @param name under which the result lands in `request.credentials`
   * @param where the handler and decorator, for messages
   */
  compile<Credential>(verify: Verify<never>, name: string, where: string, deny: Deny): Verification<Credential> {
    const ask = this.functionOf(verify, where) as (credential: Credential, request: GuardedRequest) => unknown;
    const decide = (result: unknown, request: GuardedRequest): Refusal | undefined => {
      if (!result) return deny('verifier denied');
      land(request, name, result);
      return undefined;
    };
    return (credential, request) => {
      try {
        const result = ask(credential, request);
        if (!isThenable(result)) return decide(result, request);
        return inTime(result, TIMEOUT).then(
          (settled) => decide(settled, request),
          (error: unknown) =>
            deny(error instanceof NoAnswerError ? 'verifier did not answer in time' : 'verifier failed', error),
        );
      } catch (error) {
        return deny('verifier failed', error);
      }
    };
  }

  private functionOf(verify: Verify<never>, where: string): VerifyFunction {
    if (!isVerifierClass(verify)) return verify;
    const find = () => this.modules.get<CredentialVerifier<never>>(verify, { strict: false });
    // One that cannot be had would deny everyone.
    this.classes.expect({ type: verify, where, remedy: REMEDY, find });
    let instance: CredentialVerifier<never> | undefined;
    return (credential, request) => {
      instance ??= find();
      return instance.verify(credential, request);
    };
  }
}

function land(request: GuardedRequest, name: string, result: unknown): void {
  request.credentials = { ...request.credentials, [name]: result };
  const framework: { user?: unknown } | undefined = request.framework;
  if (framework !== undefined && result !== true) framework.user ??= result;
}
