import {
  IncomingMessage,
  type OutgoingHttpHeader,
  ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import { Socket } from 'node:net';

type Value = OutgoingHttpHeader | readonly string[] | undefined;
type Fields = Record<string, Value>;
/** What becomes of a header, whoever set it. */
type Amendment = (value: Value) => string;
type HeadWriter = (status: number, ...rest: unknown[]) => ServerResponse;

const HEAD = Symbol('nestapi-guard:head');

/** `_header` is where Node keeps the text of a head between writing and sending it; null before. */
type Carrier = ServerResponse & { [HEAD]?: MergedHead; _header?: unknown };

/** What Node itself draws conclusions from when it writes a head: the framing of the message. */
const READ_BY_NODE = new Set([
  'connection',
  'content-length',
  'date',
  'expect',
  'keep-alive',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Header fields that many answers share. */
export class HeaderBlock {
  readonly names: readonly string[];
  /** The fields as they stand in a head. */
  readonly text: string;
  private readonly taken: ReadonlySet<string>;

  constructor(readonly fields: readonly (readonly [name: string, value: string])[]) {
    this.names = fields.map(([name]) => name.toLowerCase());
    this.taken = new Set(this.names);
    this.text = fields.map(([name, value]) => line(name, value)).join('');
  }

  /** @param name in lower case */
  has(name: string): boolean {
    return this.taken.has(name);
  }
}

/**
 * Adds headers to an answer at the moment its head is written, where the application has not set them itself.
 *
 * Fastify hands all its headers to `writeHead` at once, which Node takes as they are; as soon as a single one was set by
 * `setHeader` before, Node sets each of them like that. Where the application has none of our names, which is nearly always,
 * ours are put into the head that Node wrote as one text: Node would look through name and value of each of them again.
 */
export class MergedHead {
  private block: HeaderBlock | undefined;
  /** In lower case. */
  private readonly ownNames: string[] = [];
  private readonly ownValues: (string | readonly string[])[] = [];
  private amended: { readonly name: string; readonly amend: Amendment } | undefined;
  private insertable: boolean;
  private readonly writer: HeadWriter;

  constructor(response: ServerResponse) {
    this.writer = response.writeHead as HeadWriter;
    // Whoever has replaced `writeHead` wants to see all headers.
    this.insertable = INSERTABLE && response.writeHead === ServerResponse.prototype.writeHead;
    (response as Carrier)[HEAD] = this;
    response.writeHead = writeMergedHead;
  }

  setBlock(block: HeaderBlock): void {
    this.block = block;
  }

  /** @throws TypeError for a name or a value that no header can have. */
  set(name: string, value: string | readonly string[]): void {
    validateHeaderName(name);
    if (typeof value === 'string') validateHeaderValue(name, value);
    else for (const one of value) validateHeaderValue(name, one);
    const lower = name.toLowerCase();
    const known = this.ownNames.indexOf(lower);
    if (known !== -1) {
      this.ownValues[known] = value;
      return;
    }
    this.ownNames.push(lower);
    this.ownValues.push(value);
    if (READ_BY_NODE.has(lower) || this.block?.has(lower) === true) this.insertable = false;
  }

  /** Has the last word about one header. */
  amend(name: string, amend: Amendment): void {
    this.amended = { name: name.toLowerCase(), amend };
  }

  /** Node calls it as `writeHead(status, reason?, headers?)`; headers are an object or a list. */
  write(response: Carrier, status: number, first: unknown, second: unknown): ServerResponse {
    const reason = typeof first === 'string' ? first : undefined;
    const given = reason === undefined ? (second ?? first) : second;
    if (Array.isArray(given)) return this.pass(response, status, reason, this.mergeList(response, given));
    if (this.mayInsert(response, given as Fields | undefined)) return this.insert(response, status, reason, given);
    return this.pass(response, status, reason, this.merge(response, given as Fields | undefined));
  }

  private pass(response: ServerResponse, status: number, reason: string | undefined, headers: unknown): ServerResponse {
    return reason === undefined
      ? this.writer.call(response, status, headers)
      : this.writer.call(response, status, reason, headers);
  }

  private mayInsert(response: Carrier, given: Fields | undefined): boolean {
    if (!this.insertable || response._header !== null || response.getHeaderNames().length > 0) return false;
    for (const name in given) if (this.isOurs(name.toLowerCase())) return false;
    return true;
  }

  private isOurs(name: string): boolean {
    return this.block?.has(name) === true || this.ownNames.includes(name) || this.amended?.name === name;
  }

  private insert(response: Carrier, status: number, reason: string | undefined, given: unknown): ServerResponse {
    const written = this.pass(response, status, reason, given);
    let text = this.block?.text ?? '';
    for (let i = 0; i < this.ownNames.length; i++) text += lines(this.ownNames[i]!, this.ownValues[i]!);
    if (this.amended !== undefined) text += line(this.amended.name, this.amended.amend(undefined));
    // The empty line that ends the head follows.
    response._header = `${(response._header as string).slice(0, -2)}${text}\r\n`;
    return written;
  }

  private merge(response: ServerResponse, given: Fields | undefined): Fields {
    const taken = new Set<string>();
    for (const name in given) taken.add(name.toLowerCase());
    const merged: Fields = {};
    this.eachMissing(response, taken, (name, value) => {
      merged[name] = value;
    });
    // A copy: the application may use one object for many answers.
    for (const name in given) merged[name] = given[name];
    if (this.amended !== undefined) this.amendIn(response, merged, this.amended);
    return merged;
  }

  private amendIn(response: ServerResponse, merged: Fields, { name, amend }: NonNullable<MergedHead['amended']>): void {
    for (const key in merged) {
      if (key.toLowerCase() !== name) continue;
      merged[key] = amend(merged[key]);
      return;
    }
    merged[name] = amend(response.getHeader(name));
  }

  // `[name, value, …]`, or pairs of them, of which Node makes the former.
  private mergeList(response: ServerResponse, given: readonly unknown[]): unknown[] {
    const list = Array.isArray(given[0]) ? given.flat() : [...given];
    const taken = new Set(list.filter((_, i) => i % 2 === 0).map((name) => String(name).toLowerCase()));
    this.eachMissing(response, taken, (name, value) => response.setHeader(name, value));
    const { amended } = this;
    if (amended === undefined) return list;
    if (!taken.has(amended.name)) response.setHeader(amended.name, amended.amend(response.getHeader(amended.name)));
    return list.map((value, i) => {
      const isAmended = i % 2 === 1 && String(list[i - 1]).toLowerCase() === amended.name;
      return isAmended ? amended.amend(value as OutgoingHttpHeader) : value;
    });
  }

  private eachMissing(
    response: ServerResponse,
    taken: ReadonlySet<string>,
    add: (name: string, value: string | readonly string[]) => void,
  ): void {
    const { block, ownNames, ownValues } = this;
    for (const [name, value] of block?.fields ?? []) {
      const lower = name.toLowerCase();
      if (!taken.has(lower) && !ownNames.includes(lower) && !response.hasHeader(name)) add(name, value);
    }
    for (const [i, name] of ownNames.entries())
      if (!taken.has(name) && !response.hasHeader(name)) add(name, ownValues[i]!);
  }
}

function writeMergedHead(this: Carrier, status: number, first?: unknown, second?: unknown): ServerResponse {
  return this[HEAD]!.write(this, status, first, second);
}

function line(name: string, value: string): string {
  return `${name}: ${value}\r\n`;
}

function lines(name: string, value: string | readonly string[]): string {
  return typeof value === 'string' ? line(name, value) : value.map((one) => line(name, one)).join('');
}

/** Whether this Node keeps a head as a text that ends with an empty line, as every version since 0.12 does. */
const INSERTABLE = keepsHeadAsText();

function keepsHeadAsText(): boolean {
  const response: Carrier = new ServerResponse(new IncomingMessage(new Socket()));
  if (response._header !== null) return false;
  response.writeHead(200, { 'x-probe': '1' });
  const head: unknown = response._header;
  return typeof head === 'string' && head.includes('\r\nx-probe: 1\r\n') && head.endsWith('\r\n\r\n');
}
