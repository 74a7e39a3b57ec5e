import { type CountrySource, type GeoLog, NO_SOURCE } from './country-source';
import { BundledSource, bundledDatabase } from './bundled-source';
import { FileSource } from './file-source';
import type { GeoIpHandler, GeoLookup, GeoStatus } from './geo.types';
import { HandlerSource } from './handler-source';
import { IpinfoSource } from './ipinfo-source';

/** The first source that is given is the one in use; with none, the CC0 database when it is installed. */
export interface GeoOptions {
  /** The handler, or what finds it once the application's providers exist. */
  handler?: GeoIpHandler | (() => Promise<GeoIpHandler>) | undefined;
  databasePath?: string | undefined;
  ipinfoToken?: string | undefined;
  ipinfoUrl?: string | undefined;
  ipinfoCachePath?: string | undefined;
}

/**
 * Tells the country of an address, from a database in memory or from the application's own handler.
 *
 * @example
 * ```ts
 * @Injectable()
 * class Prices {
 *   constructor(private readonly geo: GeoService) {}
 *   currency(ip: string) {
 *     return this.geo.country(ip) === 'CH' ? 'CHF' : 'EUR';
 *   }
 * }
 * ```
 */
export class GeoService {
  private readonly source: CountrySource;

  /** @hidden Nest makes it. */
  constructor(options: GeoOptions, logger: GeoLog) {
    this.source = openSource(options, logger);
  }

  /**
   * Some rule depends on countries: what is otherwise loaded by the first lookup is loaded at start-up.
   *
   * @internal
   */
  need(): void {
    this.source.need?.();
  }

  /** Loads the database before the application serves requests. Never rejects: see {@link status}. */
  async onModuleInit(): Promise<void> {
    await this.source.start();
  }

  onApplicationShutdown(): void {
    this.source.close();
  }

  /**
   * The upper-case ISO 3166-1 alpha-2 code of an address; undefined when it is private, unknown or not an address.
   * Never waits: of an asynchronous `geoIpHandler` this is its latest answer for the address, see {@link resolve}.
   */
  country(ip: string): string | undefined {
    return this.source.country(ip);
  }

  /** Like {@link country}, and waits up to 500 ms for an asynchronous `geoIpHandler`. Never rejects. */
  resolve(ip: string): string | undefined | Promise<string | undefined> {
    return this.source.resolve(ip);
  }

  /** @internal What can be told without loading a file or asking a handler. */
  known(ip: string): string | undefined {
    return this.source.known(ip);
  }

  /** Country, continent and autonomous system, as far as the database has them. */
  lookup(ip: string): GeoLookup | undefined {
    return this.source.lookup(ip);
  }

  status(): GeoStatus {
    return this.source.status();
  }

  /**
   * Reads the database again (a file), downloads it when the last download is a day old (IPinfo), or initializes the
   * handler again. A broken file never replaces a good one: look at `problem` of the result.
   */
  async reload(): Promise<GeoStatus> {
    await this.source.reload();
    return this.status();
  }
}

function openSource(options: GeoOptions, logger: GeoLog): CountrySource {
  if (options.handler) return new HandlerSource(options.handler, logger);
  if (options.databasePath) return new FileSource(options.databasePath, logger);
  if (options.ipinfoToken) {
    const { ipinfoToken: token, ipinfoUrl: url, ipinfoCachePath: cachePath } = options;
    return new IpinfoSource({ token, url, cachePath }, logger);
  }
  const bundled = bundledDatabase();
  return bundled === undefined ? NO_SOURCE : new BundledSource(bundled, logger);
}
