import type { Reader, Response } from 'maxmind';
import { canonicalIp, formatIpv4, formatIpv6, isPrivate, readAddress } from '../network/ip-address';
import { runAtOnce, runInSlices } from '../network/slices';
import type { GeoLookup } from './geo.types';
import { DatabaseRejected, readRecord, verifyMmdb } from './mmdb-structure';
import { countryIn, readGeoRecord } from './record-layout';

/** Distinct records whose country is remembered: a country database has some 250, a city database 100,000 and more. */
const REMEMBERED_RECORDS = 65_536;
const SAMPLED_RECORDS = 1_000;
const NODES_PER_STEP = 4_096;

const scratch = new Uint32Array(4);

/** One verified database, immutable: a newer one is another object. */
export class GeoDatabase {
  private readonly ipv4Start: number;
  private readonly nodeCount: number;
  private readonly recordSize: number;
  private readonly countries = new Map<number, string | undefined>();

  private constructor(
    private readonly db: Buffer,
    private readonly reader: Reader<Response>,
  ) {
    this.nodeCount = reader.metadata.nodeCount;
    this.recordSize = reader.metadata.recordSize;
    this.ipv4Start = reader.metadata.ipVersion === 4 ? 0 : this.descend(0, new Uint32Array(4), 96);
  }

  /**
   * Verifies a database in slices, so that requests are served meanwhile.
   *
   * @throws DatabaseRejected when any lookup could leave the file, or when it knows no countries.
   */
  static open(db: Buffer): Promise<GeoDatabase> {
    return runInSlices(GeoDatabase.verify(db));
  }

  /** The same at once: some 40 ms for a million nodes. */
  static openNow(db: Buffer): GeoDatabase {
    return runAtOnce(GeoDatabase.verify(db));
  }

  private static *verify(db: Buffer): Generator<void, GeoDatabase> {
    const database = new GeoDatabase(db, yield* verifyMmdb(db));
    if (yield* database.findCountry()) return database;
    throw new DatabaseRejected(`its records have no country (its type is ${JSON.stringify(database.type)})`);
  }

  get type(): string {
    return String(this.reader.metadata.databaseType).slice(0, 64);
  }

  get builtAt(): Date {
    return this.reader.metadata.buildEpoch;
  }

  /** Upper-case ISO 3166-1 alpha-2, or undefined when the address is private or unknown. */
  country(ip: string): string | undefined {
    const record = this.find(ip);
    if (record === undefined) return undefined;
    const known = this.countries.get(record);
    if (known !== undefined || this.countries.has(record)) return known;
    if (this.countries.size >= REMEMBERED_RECORDS) this.countries.clear();
    const country = countryIn(this.reader.get(canonicalIp(ip)!));
    this.countries.set(record, country);
    return country;
  }

  lookup(ip: string): GeoLookup | undefined {
    if (this.find(ip) === undefined) return undefined;
    return readGeoRecord(this.reader.get(canonicalIp(ip)!));
  }

  // The reader walks the tree over an array of octets that it parses for every lookup; numbers cost a tenth of it.
  private find(ip: string): number | undefined {
    const ipv4 = readAddress(ip, scratch);
    if (ipv4 === -2 || isPrivate(ip)) return undefined;
    let end: number;
    if (ipv4 >= 0) {
      scratch[0] = ipv4;
      end = this.descend(this.ipv4Start, scratch, 32);
    } else {
      if (this.reader.metadata.ipVersion === 4) return undefined;
      end = this.descend(0, scratch, 128);
    }
    return end > this.nodeCount ? end : undefined;
  }

  private descend(start: number, words: Uint32Array, bits: number): number {
    let node = start;
    for (let depth = 0; depth < bits && node < this.nodeCount; depth++) {
      node = readRecord(this.db, node, (words[depth >> 5]! >>> (31 - (depth & 31))) & 1, this.recordSize);
    }
    return node;
  }

  /** Looks the first records of the tree up and answers whether any of them has a country. */
  private *findCountry(): Generator<void, boolean> {
    const ipv4 = this.reader.metadata.ipVersion === 4;
    const visited = new Set<number>([0]);
    const records = new Set<number>();
    const pending = [{ node: 0, depth: 0, words: new Uint32Array(4) }];
    for (let steps = 1; pending.length > 0 && records.size < SAMPLED_RECORDS; steps++) {
      const { node, depth, words } = pending.pop()!;
      for (let side = 0; side < 2; side++) {
        const next = readRecord(this.db, node, side, this.recordSize);
        if (next === this.nodeCount || visited.has(next)) continue;
        const branch = Uint32Array.from(words);
        if (side === 1) branch[depth >> 5]! |= 1 << (31 - (depth & 31));
        if (next < this.nodeCount) {
          visited.add(next);
          if (depth + 1 < (ipv4 ? 32 : 128)) pending.push({ node: next, depth: depth + 1, words: branch });
        } else if (!records.has(next)) {
          records.add(next);
          const ip = ipv4 || isEmbedded(branch) ? formatIpv4(branch[ipv4 ? 0 : 3]!) : formatIpv6(branch);
          if (countryIn(this.reader.get(ip)) !== undefined) return true;
        }
      }
      if (steps % NODES_PER_STEP === 0) yield;
    }
    return false;
  }
}

/** IPv4 lives in ::/96 of an IPv6 tree. */
function isEmbedded(words: Uint32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0;
}
