import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { ConfigWarning } from '../config/config-section';
import { isHeaderName } from '../platform/address-problem';
import { decoratorPlace } from '../policy/decorator-place';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { readAuthorization } from './authorization-header';
import { type Challenges, compileChallenges, realmProblem } from './challenge';
import { countHeaderLines, headerText } from './header-text';
import { VerificationService } from './verification.service';
import { verifyProblem } from './verifier';

/** Asks for the credential in `Authorization`. */
@Injectable()
export class RequireAuthCheck implements SecurityCheck {
  static readonly check = 'authentication';
  static readonly fields = ['requireAuth'] as const;
  readonly name = RequireAuthCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  constructor(@Inject(VerificationService) private readonly verifications: VerificationService) {}

  static inspect({ requireAuth: rule }: RoutePolicy): FieldProblem[] {
    if (rule === undefined) return [];
    const path = 'requireAuth';
    if (typeof rule !== 'object' || rule === null) {
      return [{ path, value: rule, message: "is not accepted; use { scheme: 'bearer', verify }" }];
    }
    const { scheme, verify, realm, ...rest } = rule as unknown as Record<string, unknown>;
    const verifyMessage = verifyProblem(rule);
    const realmMessage = realmProblem(realm);
    return [
      ...(isHeaderName(scheme)
        ? []
        : [{ path, value: scheme, message: "is not a scheme; use 'bearer', 'basic' or another" }]),
      ...(verifyMessage === undefined ? [] : [{ path: `${path}.verify`, value: verify, message: verifyMessage }]),
      ...(realmMessage === undefined ? [] : [{ path: `${path}.realm`, value: realm, message: realmMessage }]),
      ...Object.keys(rest).map((key) => ({ path: `${path}.${key}`, message: 'is not known; use verify and realm' })),
    ];
  }

  warnings({ policy: { requireAuth }, route }: CompileTarget): ConfigWarning[] {
    if (requireAuth === undefined || requireAuth.verify !== undefined) return [];
    const message = `demands a well-formed ${requireAuth.scheme} credential and verifies nothing: give it verify`;
    return [{ code: 'GUARD_AUTH_UNVERIFIED', path: `${route?.name} @RequireAuth`, message }];
  }

  compile(target: CompileTarget): Probe | undefined {
    const { requireAuth } = target.policy;
    if (requireAuth === undefined) return undefined;
    const scheme = requireAuth.scheme.toLowerCase();
    const challenges = challengesOf(requireAuth.scheme, requireAuth.realm);
    const malformed = challenges.rejected('malformed credential');
    const repeated = challenges.rejected('repeated credential');
    const where = `${decoratorPlace(target, 'requireAuth')}.verify`;
    const verify =
      requireAuth.verify && this.verifications.compile(requireAuth.verify, scheme, where, challenges.rejected);
    return (request) => {
      const header = headerText(request.headers, 'authorization');
      if (header === undefined || header === '') return challenges.missing;
      if (countHeaderLines(request, 'authorization') > 1) return repeated;
      const credential = readAuthorization(scheme, header);
      return credential === undefined ? malformed : verify?.(credential, request);
    };
  }
}

function challengesOf(given: string, realm: string | undefined): Challenges {
  switch (given.toLowerCase()) {
    case 'bearer':
      return compileChallenges('Bearer', { realm, errorCode: ', error="invalid_token"' });
    case 'basic':
      return compileChallenges('Basic', { realm, parameters: ', charset="UTF-8"' });
    default:
      return compileChallenges(given, { realm });
  }
}
