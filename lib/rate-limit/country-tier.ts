import type { ExecutionContext } from '@nestjs/common';
import type { GeoService } from '../geo/geo.service';
import type { GuardedRequest } from '../platform/guarded-request';
import type { NamedTier, Tier } from './tier';

/** A limit that depends on the country of the client's address. */
export class CountryTier implements Tier {
  constructor(
    private readonly countries: GeoService,
    private readonly byCountry: ReadonlyMap<string, Tier>,
    private readonly others: Tier,
  ) {}

  of(
    request: GuardedRequest,
    context: ExecutionContext | undefined,
  ): NamedTier | undefined | Promise<NamedTier | undefined> {
    const country = request.ip === undefined ? undefined : this.countries.resolve(request.ip);
    if (country instanceof Promise) return country.then((found) => this.tierOf(found).of(request, context));
    return this.tierOf(country).of(request, context);
  }

  private tierOf(country: string | undefined): Tier {
    return (country === undefined ? undefined : this.byCountry.get(country)) ?? this.others;
  }
}
