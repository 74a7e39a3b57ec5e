import { Inject, Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import type { GuardConfig } from '../config/guard-config';
import { inspectList } from '../config/setting';
import { countryProblem } from '../network/country-code';
import { isPrivate } from '../network/ip-address';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { COUNTRY_LIST, needsCountries } from './geo.config';
import { GeoService } from './geo.service';

const FIELDS = ['allowCountries', 'blockCountries'] as const;

/** Refuses clients by the country of their address. */
@Injectable()
export class CountryCheck implements SecurityCheck {
  static readonly check = 'country';
  static readonly fields = FIELDS;
  static readonly conflicts = FIELDS.map(needsCountries);
  readonly name = CountryCheck.check;
  readonly stage = 'access';
  readonly kinds = ['http', 'graphql', 'ws'] as const;

  constructor(@Inject(GeoService) private readonly geo: GeoService) {}

  defaults({ whitelistCountries, blockedCountries }: GuardConfig): RoutePolicy {
    return {
      ...(whitelistCountries.length > 0 && { allowCountries: whitelistCountries }),
      ...(blockedCountries.length > 0 && { blockCountries: blockedCountries }),
    };
  }

  static inspect(policy: RoutePolicy): FieldProblem[] {
    return FIELDS.flatMap((field) => {
      if (policy[field] === undefined) return [];
      const problems = inspectList(policy[field], countryProblem, COUNTRY_LIST);
      if (field === 'allowCountries' && policy[field].length === 0) {
        problems.push({ value: [], message: 'is empty: it reads as nobody, and would admit everyone; name a country' });
      }
      return problems.map((problem) => ({ ...problem, path: `${field}${problem.path ?? ''}` }));
    });
  }

  compile({ policy: { allowCountries = [], blockCountries = [] }, sources }: CompileTarget): Probe | undefined {
    // What a route allows replaces the whole rule of the configuration.
    const routeAllows = allowCountries.length > 0 && sources.allowCountries !== 'config';
    const blocked = codes(routeAllows && sources.blockCountries === 'config' ? [] : blockCountries);
    const allowed = allowCountries.length > 0 ? codes(allowCountries) : undefined;
    if (allowed === undefined && blocked.size === 0) return undefined;
    this.geo.need();

    const judge = (country: string | undefined): Refusal | undefined => {
      if (country !== undefined && blocked.has(country)) return refusal('country blocked', country);
      if (allowed === undefined || (country !== undefined && allowed.has(country))) return undefined;
      return country === undefined ? refusal('country unknown') : refusal('country not allowed', country);
    };
    return ({ ip, trusted }) => {
      if (trusted) return undefined;
      if (ip === undefined) return judge(undefined);
      const country = this.geo.resolve(ip);
      if (country instanceof Promise) return country.then(judge);
      return country === undefined && isPrivate(ip) ? undefined : judge(country);
    };
  }
}

function codes(countries: readonly string[]): ReadonlySet<string> {
  return new Set(countries.map((country) => country.toUpperCase()));
}

function refusal(reason: string, country?: string): Refusal {
  return { status: 403, message: 'Forbidden', check: 'country', reason, ...(country && { evidence: { country } }) };
}
