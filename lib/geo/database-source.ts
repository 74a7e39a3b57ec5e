import type { CountrySource, GeoLog } from './country-source';
import type { GeoLookup, GeoSourceKind, GeoStatus } from './geo.types';
import type { GeoDatabase } from './geo-database';

/** Countries are traded: a database older than this misplaces a noticeable share of addresses. */
const STALE_SECONDS = 30 * 86_400;

/** A source that answers from a database in memory; the subclass brings the bytes. */
export abstract class DatabaseSource implements CountrySource {
  abstract readonly kind: GeoSourceKind;
  protected current?: GeoDatabase;
  protected problem?: string;
  protected readonly stop = new AbortController();
  private loadedAt?: Date;

  constructor(
    readonly path: string,
    protected readonly logger: GeoLog,
  ) {}

  abstract start(): Promise<void>;
  abstract reload(): Promise<void>;

  close(): void {
    this.stop.abort();
  }

  country(ip: string): string | undefined {
    return this.current?.country(ip);
  }

  resolve(ip: string): string | undefined | Promise<string | undefined> {
    return this.current?.country(ip);
  }

  known(ip: string): string | undefined {
    return this.current?.country(ip);
  }

  lookup(ip: string): GeoLookup | undefined {
    return this.current?.lookup(ip);
  }

  status(): GeoStatus {
    const status: GeoStatus = { source: this.kind, ready: this.current !== undefined, path: this.path, stale: false };
    if (this.current) {
      status.databaseType = this.current.type;
      status.builtAt = this.current.builtAt;
      status.loadedAt = this.loadedAt!;
      status.age = Math.max(0, Math.round((Date.now() - this.current.builtAt.getTime()) / 1000));
      status.stale = status.age > STALE_SECONDS;
    }
    if (this.problem !== undefined) status.problem = this.problem;
    return status;
  }

  /** Replaces the database in use, all at once, by a newer one that has proved itself. */
  protected adopt(database: GeoDatabase): void {
    this.current = database;
    this.loadedAt = new Date();
    this.mended();
    this.logger.changed?.({ type: 'refreshed', builtAt: database.builtAt });
    const built = database.builtAt.toISOString().slice(0, 10);
    this.logger.log(`Countries come from ${this.path} (${database.type}, built ${built}).`);
    if (this.status().stale) {
      this.logger.warn(
        `GUARD_COUNTRY_DATABASE_STALE: ${this.path} was built on ${built}; update it, addresses move between countries.`,
      );
    }
  }

  /** The latest load succeeded, or found nothing newer. */
  protected mended(): void {
    if (this.problem === undefined) return;
    this.problem = undefined;
    this.logger.changed?.({ type: 'recovered' });
  }

  /** One clear line; the last good database stays in use. */
  protected refuse(subject: string, error: unknown): void {
    const problem = `${subject}: ${error instanceof Error ? error.message : String(error)}`;
    if (problem === this.problem) return;
    if (this.problem === undefined) this.logger.changed?.({ type: 'degraded', reason: problem });
    this.problem = problem;
    this.logger.error(
      this.current
        ? `${problem}. The database built on ${this.current.builtAt.toISOString().slice(0, 10)} stays in use.`
        : `${problem}. Every country is unknown until this is mended.`,
    );
  }
}
