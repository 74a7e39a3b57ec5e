import { type ExecutionContext, HttpException, Inject, Injectable, type Type } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { Redaction } from '../observability/redaction.service';
import type { GuardedRequest } from '../platform/guarded-request';
import { ApplicationClasses } from '../policy/application-classes';
import { inTime, isThenable } from '../policy/in-time';
import type { Refusal } from '../policy/refusal';
import type { Probe } from '../policy/security-check';
import { type CustomCheck, isValidatorClass, type RequestValidator } from './custom-check';
import { refusalOf } from './custom-verdict';

type CustomCheckName = 'custom_validation' | 'custom_request';

interface ValidatorHandle {
  instance: RequestValidator | undefined;
}

const REMEDY = 'cannot be made by Nest; add it to the providers of a module that has what it needs';

/** Runs the checks of the application: functions, and classes of Nest's container. */
@Injectable()
export class CustomChecks {
  private readonly config: GuardConfig;
  private readonly validators = new Map<Type<RequestValidator>, ValidatorHandle>();

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(Redaction) private readonly redaction: Redaction,
    @Inject(ApplicationClasses) private readonly classes: ApplicationClasses,
  ) {
    this.config = live.current;
  }

  /** @param where the handler and decorator, or the field of the configuration, for messages. */
  compile(check: CustomCheck, name: CustomCheckName, where: string): Probe {
    const ask = this.functionOf(check, where);
    const judge = (verdict: unknown, request: GuardedRequest): Refusal | undefined => {
      const refusal = answered(request, name) ?? refusalOf(verdict, name);
      // What the application gives as its reason may quote the request.
      return refusal && { ...refusal, reason: this.redaction.text(refusal.reason, request) };
    };
    return (request, context) => {
      let verdict: unknown;
      try {
        verdict = ask(request, context);
      } catch (error) {
        return judge(asVerdict(error), request);
      }
      if (!isThenable(verdict)) return judge(verdict, request);
      return inTime(verdict, this.config.customCheckTimeout * 1000).then(
        (settled) => judge(settled, request),
        (error: unknown) => judge(asVerdict(error), request),
      );
    };
  }

  private functionOf(check: CustomCheck, where: string): RequestValidator['validate'] {
    if (!isValidatorClass(check)) return check;
    const handle = this.validators.get(check) ?? { instance: undefined };
    this.validators.set(check, handle);
    this.classes.expect({ type: check, where, remedy: REMEDY, find: () => this.adopt(check, handle) });
    return (request: GuardedRequest, context?: ExecutionContext) => {
      if (handle.instance !== undefined) return handle.instance.validate(request, context);
      // Configured at run time.
      return this.adopt(check, handle).then((validator) => validator.validate(request, context));
    };
  }

  private async adopt(type: Type<RequestValidator>, handle: ValidatorHandle): Promise<RequestValidator> {
    return (handle.instance ??= await this.make(type));
  }

  /** The application's own instance where it has one, else an instance made with what the module sees. */
  private async make(type: Type<RequestValidator>): Promise<RequestValidator> {
    const found = this.find(type);
    return found ?? this.modules.create(type);
  }

  private find(type: Type<RequestValidator>): RequestValidator | undefined {
    try {
      return this.modules.get(type, { strict: false });
    } catch (error) {
      // A request-scoped provider has no instance that could be asked; any other error means that there is none.
      if (error instanceof Error && error.message.includes('scoped provider')) throw error;
      return undefined;
    }
  }
}

/** An exception that is an answer; anything else is a failure. */
function asVerdict(error: unknown): HttpException {
  if (error instanceof HttpException) return error;
  throw error;
}

/** A check that answers the client by itself has decided: nobody else may answer. */
function answered({ response }: GuardedRequest, check: CustomCheckName): Refusal | undefined {
  if (response === undefined || !(response.headersSent || response.writableEnded)) return undefined;
  return { status: response.statusCode, message: '', check, reason: 'answered by a custom check', always: true };
}
