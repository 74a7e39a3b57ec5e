import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { ConfigWarning } from '../config/config-section';
import { inspectList } from '../config/setting';
import { Redaction } from '../observability/redaction.service';
import { isHeaderName } from '../platform/address-problem';
import { decoratorPlace } from '../policy/decorator-place';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { compileKeys, isWellFormedKey, keyProblem } from './api-keys';
import { MAX_CREDENTIAL_LENGTH } from './authorization-header';
import { compileChallenges, realmProblem } from './challenge';
import { countHeaderLines, headerText } from './header-text';
import { VerificationService } from './verification.service';
import { verifyProblem } from './verifier';

const PATH = 'apiKeyAuth';

/** Asks for an API key. */
@Injectable()
export class ApiKeyCheck implements SecurityCheck {
  static readonly check = 'authentication';
  static readonly fields = [PATH] as const;
  readonly name = ApiKeyCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  constructor(
    @Inject(VerificationService) private readonly verifications: VerificationService,
    @Inject(Redaction) private readonly redaction: Redaction,
  ) {}

  static inspect({ apiKeyAuth: options }: RoutePolicy): FieldProblem[] {
    if (options === undefined) return [];
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      return [{ path: PATH, message: "is not accepted; use { headerName: 'X-API-Key', keys: […] }" }];
    }
    const { headerName, keys, verify, realm, ...rest } = options as unknown as Record<string, unknown>;
    const verifyMessage = verifyProblem(options);
    const realmMessage = realmProblem(realm);
    return [
      ...(isHeaderName(headerName)
        ? []
        : [{ path: `${PATH}.headerName`, value: headerName, message: "is not the name of a header; use 'X-API-Key'" }]),
      ...('keys' in options ? keysProblems(keys) : []),
      ...(verifyMessage === undefined ? [] : [{ path: `${PATH}.verify`, value: verify, message: verifyMessage }]),
      ...(realmMessage === undefined ? [] : [{ path: `${PATH}.realm`, message: realmMessage }]),
      ...Object.keys(rest).map((key) => ({
        path: `${PATH}.${key}`,
        message: 'is not known; use headerName, keys, verify and realm',
      })),
    ];
  }

  warnings({ policy: { apiKeyAuth }, route }: CompileTarget): ConfigWarning[] {
    if (apiKeyAuth === undefined || apiKeyAuth.keys !== undefined || apiKeyAuth.verify !== undefined) return [];
    const message = `demands that ${apiKeyAuth.headerName} is sent and verifies nothing: give it keys or verify`;
    return [{ code: 'GUARD_AUTH_UNVERIFIED', path: `${route?.name} @ApiKeyAuth`, message }];
  }

  compile(target: CompileTarget): Probe | undefined {
    const { apiKeyAuth } = target.policy;
    if (apiKeyAuth === undefined) return undefined;
    const { headerName, keys, verify, realm } = apiKeyAuth;
    const name = headerName.toLowerCase();
    this.redaction.protectHeader(headerName);
    const { missing, rejected } = compileChallenges('ApiKey', { realm, parameters: `, header="${headerName}"` });
    const malformed = rejected('malformed credential');
    const repeated = rejected('repeated credential');
    const unknown = rejected('unknown key');
    const isKnown = keys && compileKeys(keys);
    const where = `${decoratorPlace(target, PATH)}.verify`;
    const verification = verify && this.verifications.compile<string>(verify, name, where, rejected);
    return (request) => {
      const key = headerText(request.headers, name);
      if (key === undefined || key === '') return missing;
      if (countHeaderLines(request, name) > 1) return repeated;
      if (key.length > MAX_CREDENTIAL_LENGTH || !isWellFormedKey(key)) return malformed;
      if (isKnown?.(key) === false) return unknown;
      return verification?.(key, request);
    };
  }
}

function keysProblems(keys: unknown): FieldProblem[] {
  const path = `${PATH}.keys`;
  if (Array.isArray(keys) && keys.length === 0)
    return [{ path, message: 'is empty and would refuse everyone; give a key' }];
  const problems = inspectList(keys, keyProblem, 'a list of keys');
  return problems.map((problem) => ({ ...problem, path: `${path}${problem.path ?? ''}` }));
}
