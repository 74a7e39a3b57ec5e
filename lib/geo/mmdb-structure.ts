import { Reader, type Response } from 'maxmind';

/** Why a file cannot serve as a country database, in words for the operator. */
export class DatabaseRejected extends Error {
  override readonly name = 'DatabaseRejected';
}

// https://maxmind.github.io/MaxMind-DB/ : the marker is searched in the last 128 KiB, the separator is 16 zero bytes.
const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const METADATA_MAX_BYTES = 128 * 1024;
const SEPARATOR_BYTES = 16;

// The deepest published record (GeoIP2 Enterprise) nests 5 levels and has some 200 values.
const MAX_DEPTH = 24;
const MAX_VALUES = 10_000;
const NODES_PER_STEP = 16_384;
const RECORDS_PER_STEP = 64;

/**
 * Proves that every lookup in a database file ends inside the file, before any reader is trusted with it: the format
 * is a graph of offsets, and a truncated or hostile copy makes a decoder loop, allocate without bound or throw at
 * request time. Yields after each bounded piece of work, so that the caller can let requests through in between.
 *
 * @throws DatabaseRejected
 */
export function* verifyMmdb(db: Buffer): Generator<void, Reader<Response>> {
  const marker = db.lastIndexOf(MARKER);
  if (marker < 0 || db.length - marker > METADATA_MAX_BYTES) {
    throw new DatabaseRejected('it has no MaxMind metadata: truncated, or not an MMDB file');
  }
  const metadataStart = marker + MARKER.length;
  new ValueWalker(db, metadataStart, db.length).check(metadataStart);
  const reader = openReader(db);
  const { nodeCount, ipVersion, recordSize, searchTreeSize, binaryFormatMajorVersion, buildEpoch } = reader.metadata;
  if (binaryFormatMajorVersion !== 2 || (ipVersion !== 4 && ipVersion !== 6) || Number.isNaN(buildEpoch.getTime())) {
    throw new DatabaseRejected('its metadata names an unknown format, IP version or date');
  }
  const dataStart = searchTreeSize + SEPARATOR_BYTES;
  if (!Number.isSafeInteger(nodeCount) || nodeCount < 1 || dataStart >= marker) {
    throw new DatabaseRejected(`its metadata promises ${nodeCount} nodes, more than the file holds`);
  }
  if (db.subarray(searchTreeSize, dataStart).some((byte) => byte !== 0)) {
    throw new DatabaseRejected('the separator between tree and data is missing');
  }
  const records = yield* verifyTree(db, nodeCount, recordSize, marker - dataStart);
  const walker = new ValueWalker(db, dataStart, marker);
  let checked = 0;
  for (const record of records) {
    walker.check(dataStart + record - nodeCount - SEPARATOR_BYTES);
    if (++checked % RECORDS_PER_STEP === 0) yield;
  }
  return reader;
}

function openReader(db: Buffer): Reader<Response> {
  try {
    return new Reader(db);
  } catch (error) {
    throw new DatabaseRejected(`its metadata cannot be read (${(error as Error).message})`);
  }
}

/** Every record of the tree is a node, "nothing here" or a pointer into the data section; answers the pointers. */
function* verifyTree(db: Buffer, nodeCount: number, bits: number, dataBytes: number): Generator<void, Set<number>> {
  const pointers = new Set<number>();
  const last = nodeCount + SEPARATOR_BYTES + dataBytes;
  for (let node = 0; node < nodeCount; node++) {
    for (let side = 0; side < 2; side++) {
      const record = readRecord(db, node, side, bits);
      if (record <= nodeCount) continue;
      if (record < nodeCount + SEPARATOR_BYTES || record >= last) {
        throw new DatabaseRejected(`node ${node} of its search tree points outside the data`);
      }
      pointers.add(record);
    }
    if (node % NODES_PER_STEP === 0) yield;
  }
  return pointers;
}

/** The left (0) or right (1) record of a node. */
export function readRecord(db: Buffer, node: number, side: number, bits: number): number {
  if (bits === 24) {
    const at = node * 6 + side * 3;
    return (db[at]! << 16) | (db[at + 1]! << 8) | db[at + 2]!;
  }
  if (bits === 28) {
    const at = node * 7;
    const middle = db[at + 3]!;
    const tail = at + side * 4;
    const high = side === 0 ? middle >> 4 : middle & 0x0f;
    return (high << 24) | (db[tail]! << 16) | (db[tail + 1]! << 8) | db[tail + 2]!;
  }
  return db.readUInt32BE(node * 8 + side * 4);
}

/** Walks an encoded value without building it. */
class ValueWalker {
  private values = 0;

  constructor(
    private readonly db: Buffer,
    private readonly base: number,
    private readonly end: number,
  ) {}

  check(offset: number): void {
    this.values = 0;
    this.value(offset, 0);
  }

  private value(start: number, depth: number): number {
    if (depth > MAX_DEPTH || ++this.values > MAX_VALUES) throw new DatabaseRejected('a record nests without end');
    const control = this.byte(start);
    if (control >> 5 === 1) return this.pointer(start, control, depth);
    const extended = control >> 5 === 0;
    const type = extended ? this.byte(start + 1) + 7 : control >> 5;
    const [size, offset] = this.size(control & 0x1f, start + (extended ? 2 : 1));
    switch (type) {
      case 7: // map
        return this.members(size * 2, offset, depth);
      case 11: // array
        return this.members(size, offset, depth);
      case 14: // boolean, its value is the size
        return offset;
      case 2: // text
      case 4: // bytes
        return this.within(offset + size);
      case 3: // double
        return this.fixed(size, 8, offset);
      case 15: // float
        return this.fixed(size, 4, offset);
      case 5: // unsigned 16
        return this.atMost(size, 2, offset);
      case 6: // unsigned 32
      case 8: // signed 32
        return this.atMost(size, 4, offset);
      case 9: // unsigned 64
        return this.atMost(size, 8, offset);
      case 10: // unsigned 128
        return this.atMost(size, 16, offset);
      default:
        throw new DatabaseRejected(`a record has a value of unknown type ${type}`);
    }
  }

  private pointer(start: number, control: number, depth: number): number {
    const size = (control >> 3) & 3;
    const next = this.within(start + 2 + size);
    const inline = (control & 7) * 2 ** (8 * (size + 1));
    const packed = this.db.readUIntBE(start + 1, size + 1);
    const relative = size === 3 ? packed : inline + packed + [0, 2048, 526336][size]!;
    this.value(this.base + relative, depth + 1);
    return next;
  }

  private members(count: number, start: number, depth: number): number {
    if (count > MAX_VALUES) throw new DatabaseRejected(`a record claims ${count} members`);
    let offset = start;
    for (let i = 0; i < count; i++) offset = this.value(offset, depth + 1);
    return offset;
  }

  private size(short: number, offset: number): [size: number, offset: number] {
    if (short < 29) return [short, offset];
    const bytes = short - 28;
    this.within(offset + bytes);
    return [this.db.readUIntBE(offset, bytes) + [29, 285, 65_821][bytes - 1]!, offset + bytes];
  }

  private fixed(size: number, expected: number, offset: number): number {
    if (size !== expected) throw new DatabaseRejected('a record has a number of a wrong size');
    return this.within(offset + size);
  }

  private atMost(size: number, limit: number, offset: number): number {
    if (size > limit) throw new DatabaseRejected('a record has a number of a wrong size');
    return this.within(offset + size);
  }

  private byte(offset: number): number {
    this.within(offset + 1);
    return this.db[offset]!;
  }

  private within(end: number): number {
    if (end > this.end) throw new DatabaseRejected('a record runs past the end of the data');
    return end;
  }
}
