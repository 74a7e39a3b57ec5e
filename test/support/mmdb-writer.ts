import { parsePrefix } from '../../lib/network/prefix';

/** A value of a database record; whole numbers are written as unsigned 32-bit ones. */
export type MmdbValue = string | number | boolean | MmdbValue[] | { [key: string]: MmdbValue };

export interface MmdbOptions {
  type?: string;
  recordSize?: 24 | 28 | 32;
  ipVersion?: 4 | 6;
  builtAt?: Date;
  /** Overrides of the metadata, to make a database lie. */
  metadata?: Record<string, MmdbValue>;
}

type Branch = [Branch | number | undefined, Branch | number | undefined];

/** Writes a database in the MaxMind format, version 2: networks and the record of each. */
export function writeMmdb(entries: Record<string, MmdbValue>, options: MmdbOptions = {}): Buffer {
  const { recordSize = 24, ipVersion = 6, builtAt = new Date('2026-01-01T00:00:00Z') } = options;
  const root: Branch = [undefined, undefined];
  const data: Buffer[] = [];
  const offsets = new Map<string, number>();
  let dataBytes = 0;
  for (const [network, record] of Object.entries(entries)) {
    const key = JSON.stringify(record);
    let offset = offsets.get(key);
    if (offset === undefined) {
      const encoded = encode(record);
      offset = dataBytes;
      offsets.set(key, offset);
      data.push(encoded);
      dataBytes += encoded.length;
    }
    insert(root, bitsOf(network, ipVersion), offset);
  }
  const nodes: Branch[] = [];
  number(root, nodes);
  const ids = new Map(nodes.map((node, id) => [node, id]));
  const tree = Buffer.concat(
    nodes.map((node) => {
      const [left, right] = node.map((side) => {
        if (side === undefined) return nodes.length;
        return typeof side === 'number' ? nodes.length + 16 + side : ids.get(side)!;
      }) as [number, number];
      return packNode(left, right, recordSize);
    }),
  );
  const metadata = encode({
    node_count: nodes.length,
    record_size: recordSize,
    ip_version: ipVersion,
    database_type: options.type ?? 'Test-Country',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: Math.floor(builtAt.getTime() / 1000),
    description: { en: 'made by a test' },
    ...options.metadata,
  });
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata]);
}

function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const prefix = parsePrefix(network);
  const words = prefix.family === 4 && ipVersion === 6 ? [0, 0, 0, prefix.words[0]!] : prefix.words;
  const length = prefix.family === 4 && ipVersion === 6 ? prefix.length + 96 : prefix.length;
  return Array.from({ length }, (_, bit) => (words[bit >> 5]! >>> (31 - (bit & 31))) & 1);
}

function insert(root: Branch, bits: number[], offset: number): void {
  let node = root;
  bits.forEach((bit, depth) => {
    const side = node[bit];
    if (depth === bits.length - 1) node[bit] = offset;
    else if (typeof side === 'object') node = side;
    else node = node[bit] = [side, side];
  });
}

function number(node: Branch, nodes: Branch[]): void {
  nodes.push(node);
  for (const side of node) if (typeof side === 'object') number(side, nodes);
}

function packNode(left: number, right: number, recordSize: 24 | 28 | 32): Buffer {
  const node = Buffer.alloc(recordSize / 4);
  if (recordSize === 24) {
    node.writeUIntBE(left, 0, 3);
    node.writeUIntBE(right, 3, 3);
  } else if (recordSize === 28) {
    node.writeUIntBE(left & 0xffffff, 0, 3);
    node[3] = ((left >>> 24) << 4) | (right >>> 24);
    node.writeUIntBE(right & 0xffffff, 4, 3);
  } else {
    node.writeUInt32BE(left, 0);
    node.writeUInt32BE(right, 4);
  }
  return node;
}

/** The control byte (and its extension) of a value: type and size. */
export function control(type: number, size: number): Buffer {
  const head = type > 7 ? [0, type - 7] : [type << 5];
  if (size < 29) head[0]! |= size;
  else if (size < 285) {
    head[0]! |= 29;
    head.push(size - 29);
  } else if (size < 65_821) {
    head[0]! |= 30;
    head.push((size - 285) >> 8, (size - 285) & 255);
  } else {
    head[0]! |= 31;
    head.push((size - 65_821) >> 16, ((size - 65_821) >> 8) & 255, (size - 65_821) & 255);
  }
  return Buffer.from(head);
}

export function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(2, text.length), text]);
  }
  if (typeof value === 'number') {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(value);
    return Buffer.concat([control(6, 4), number]);
  }
  if (typeof value === 'boolean') return control(14, value ? 1 : 0);
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map(encode)]);
  const members = Object.entries(value);
  return Buffer.concat([control(7, members.length), ...members.flat().map(encode)]);
}
