import type { GeoIpHandler } from '../geo/geo.types';
import { PrefixMap } from '../network/prefix-set';

/**
 * Tells the countries that the test says, of addresses and CIDRs; all others are unknown.
 *
 * Give it to `GuardModule.forRoot({ geoIpHandler })`, or to {@link overrideGuard} for an application that configures a source
 * of its own.
 *
 * @example
 * ```ts
 * const geo = new FakeGeoHandler({ '203.0.113.0/24': 'FR', '2001:db8::/32': 'DE' });
 * geo.put('203.0.113.9', 'BE');
 * ```
 */
export class FakeGeoHandler implements GeoIpHandler {
  isInitialized = false;
  private countries: PrefixMap<string>;
  private readonly entries: Map<string, string>;

  /** @throws RangeError for a key that is neither an address nor a CIDR */
  constructor(countries: Readonly<Record<string, string>> = {}) {
    this.entries = new Map(Object.entries(countries));
    this.countries = PrefixMap.from(this.entries);
  }

  initialize(): void {
    this.isInitialized = true;
  }

  getCountry(ip: string): string | undefined {
    return this.countries.get(ip);
  }

  /** Says the country of an address or a CIDR from now on; the narrowest one that holds an address counts. */
  put(ipOrCidr: string, country: string): void {
    this.entries.set(ipOrCidr, country);
    this.countries = PrefixMap.from(this.entries);
  }
}
