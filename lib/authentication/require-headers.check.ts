import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { compilePattern, PatternError } from '../patterns/linear-pattern';
import { isHeaderName } from '../platform/address-problem';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { headerText } from './header-text';
import type { HeaderRequirement } from './require-headers.decorator';

/** Whether a header's value, undefined when it is missing, meets a requirement. */
type Requirement = (value: string | undefined) => boolean;

/** Asks for the headers that a route requires. */
@Injectable()
export class RequireHeadersCheck implements SecurityCheck {
  static readonly check = 'required_headers';
  static readonly fields = ['requireHeaders'] as const;
  readonly name = RequireHeadersCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  static inspect({ requireHeaders: headers }: RoutePolicy): FieldProblem[] {
    if (headers === undefined) return [];
    const path = 'requireHeaders';
    if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) {
      return [{ path, value: headers, message: "is not accepted; use an object such as { 'X-Api-Version': '2' }" }];
    }
    const names = Object.keys(headers);
    if (names.length === 0) return [{ path, value: headers, message: 'asks for nothing; name a header' }];
    const repeated = names.filter((name, at) => names.slice(0, at).some((other) => sameName(other, name)));
    return [
      ...repeated.map((name) => ({ path: `${path}.${name}`, message: 'is given twice, in different letter case' })),
      ...names.flatMap((name) => requirementProblems(`${path}.${name}`, name, headers[name])),
    ];
  }

  compile({ policy: { requireHeaders } }: CompileTarget): Probe | undefined {
    if (requireHeaders === undefined) return undefined;
    const rules = Object.entries(requireHeaders).map(([name, requirement]) => ({
      name: name.toLowerCase(),
      isMet: compileRequirement(requirement),
      missing: refusal(`header ${name} is missing`),
      wrong: refusal(`header ${name} has another value`),
    }));
    return ({ headers }) => {
      for (const { name, isMet, missing, wrong } of rules) {
        const value = headerText(headers, name);
        if (!isMet(value)) return value === undefined ? missing : wrong;
      }
      return undefined;
    };
  }
}

function compileRequirement(requirement: HeaderRequirement): Requirement {
  if (requirement === 'required') return (value) => value !== undefined && value.trim() !== '';
  if (typeof requirement === 'string') return (value) => value === requirement;
  const pattern = compilePattern(requirement);
  return (value) => value !== undefined && pattern.test(value);
}

function requirementProblems(path: string, name: string, requirement: unknown): FieldProblem[] {
  if (!isHeaderName(name)) return [{ path, value: requirement, message: 'is not the name of a header' }];
  if (requirement instanceof RegExp) return patternProblems(path, requirement);
  if (
    typeof requirement === 'string' &&
    /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(requirement)
  ) {
    return [];
  }
  const message = "can match no header; use 'required', a text without white space around it, or a regular expression";
  return [{ path, value: requirement, message }];
}

function patternProblems(path: string, pattern: RegExp): FieldProblem[] {
  try {
    compilePattern(pattern);
    return [];
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return [{ path, value: pattern, message: `is refused: ${error.reason}` }];
  }
}

function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function refusal(reason: string): Refusal {
  return { status: 400, message: 'A required header is missing or wrong', check: 'required_headers', reason };
}
