import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DatabaseSource } from './database-source';
import type { GeoLookup, GeoStatus } from './geo.types';
import { GeoDatabase } from './geo-database';

/** The package of the CC0 database, an optional peer. */
const PACKAGE = '@ip-location-db/geo-whois-asn-country-mmdb';
const FILE = 'geo-whois-asn-country.mmdb';

/** Where the CC0 database is, seen from this package or from the application; undefined when it is not installed. */
export function bundledDatabase(
  from: readonly string[] = [__filename, join(process.cwd(), 'package.json')],
): string | undefined {
  for (const place of from) {
    try {
      return join(dirname(createRequire(place).resolve(`${PACKAGE}/package.json`)), FILE);
    } catch {
      continue;
    }
  }
  return undefined;
}

/**
 * The CC0 database of the installed package. Nobody asked for it by name, so it costs its 8 MB only where a rule needs it,
 * or from the first lookup on.
 */
export class BundledSource extends DatabaseSource {
  readonly kind = 'bundled';
  private needed = false;
  private loading?: Promise<void>;

  /** Has it loaded when the application starts. */
  need(): void {
    this.needed = true;
  }

  async start(): Promise<void> {
    if (this.needed) await this.reload();
  }

  async reload(): Promise<void> {
    this.loading = this.load();
    await this.loading;
  }

  override country(ip: string): string | undefined {
    this.loadNow();
    return super.country(ip);
  }

  override lookup(ip: string): GeoLookup | undefined {
    this.loadNow();
    return super.lookup(ip);
  }

  override resolve(ip: string): string | undefined | Promise<string | undefined> {
    if (this.current || this.problem !== undefined) return super.resolve(ip);
    this.loading ??= this.load();
    return this.loading.then(() => super.resolve(ip));
  }

  override status(): GeoStatus {
    const status = super.status();
    return { ...status, ready: status.problem === undefined };
  }

  private async load(): Promise<void> {
    try {
      this.adopt(await GeoDatabase.open(await readFile(this.path)));
    } catch (error) {
      this.refuse(`The country database ${this.path} cannot be used`, error);
    }
  }

  /** Without a promise to wait for, the first caller waits for the file. */
  private loadNow(): void {
    if (this.current || this.problem !== undefined) return;
    try {
      this.adopt(GeoDatabase.openNow(readFileSync(this.path)));
    } catch (error) {
      this.refuse(`The country database ${this.path} cannot be used`, error);
    }
  }
}
