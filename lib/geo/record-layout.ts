import type { GeoLookup } from './geo.types';

type Fields = Readonly<Record<string, unknown>>;

const ALPHA_2 = /^[A-Za-z]{2}$/;

/** An ISO 3166-1 alpha-2 code in upper case; `ZZ` and `XX`, which databases write for "unknown", are none. */
export function countryCode(value: unknown): string | undefined {
  if (typeof value !== 'string' || !ALPHA_2.test(value)) return undefined;
  const code = value.toUpperCase();
  return code === 'ZZ' || code === 'XX' ? undefined : code;
}

/**
 * The country of a record in any of the published layouts: `country.iso_code` (MaxMind), `country_code`
 * (ip-location-db, IPinfo Lite, whose `country` is a name) or `country` (IPinfo).
 */
export function countryIn(record: unknown): string | undefined {
  const { country, country_code: code } = fields(record);
  return countryCode(code) ?? countryCode(country) ?? countryCode(fields(country).iso_code);
}

export function readGeoRecord(record: unknown): GeoLookup {
  const layout = fields(record);
  const found: GeoLookup = {};
  const country = countryIn(record);
  if (country !== undefined) found.country = country;
  const continent = continentIn(layout);
  if (continent !== undefined) found.continent = continent;
  const traits = fields(layout.traits);
  const asn = asnIn(layout.autonomous_system_number ?? traits.autonomous_system_number ?? layout.asn);
  if (asn !== undefined) found.asn = asn;
  const organization = layout.autonomous_system_organization ?? traits.autonomous_system_organization ?? layout.as_name;
  if (typeof organization === 'string') found.organization = organization;
  return found;
}

function continentIn({ continent, continent_code: code }: Fields): string | undefined {
  const candidates = [code, continent, fields(continent).code];
  return candidates
    .map((value) => (typeof value === 'string' && ALPHA_2.test(value) ? value.toUpperCase() : undefined))
    .find(Boolean);
}

function asnIn(value: unknown): number | undefined {
  const digits = typeof value === 'string' ? /^(?:AS)?(\d{1,10})$/i.exec(value)?.[1] : value;
  const asn = Number(digits ?? NaN);
  return Number.isInteger(asn) && asn > 0 ? asn : undefined;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
