import { decodeBase64 } from './decoding/base64-decoder';
import { decodePercent } from './decoding/percent-decoder';
import { type CleanTexts } from './clean-texts';
import { type ValueSource } from './detection.types';
import { type Place } from './inspected-value';
import { type ValueInspector } from './value-inspector';
import { graphqlStrings } from './values/graphql-document';
import { type MultipartPart } from './values/multipart-parts';
import { xmlValues } from './values/xml-values';

/** What looks at a document as a whole whose parts are inspected one by one. */
const DOCUMENT_DETECTORS: ReadonlySet<string> = new Set([
  'xml-injection',
  'deserialization',
  'code-injection',
  'jndi-injection',
]);
const PAGE_DETECTORS: ReadonlySet<string> = new Set(['cross-site-scripting']);
const LONGEST_JSON = 65_536;
/** From here on containers are remembered: no API nests its values so deeply. */
const SUSPECT_DEPTH = 16;
const CLASS_NAME = /^[a-z]\w{1,30}(?:\.\w{1,60}){2,10}$/;

/** Takes values apart: structures, texts that hold a structure, XML, GraphQL, parts of multipart bodies. No recursion. */
export class ValueWalk {
  constructor(
    private readonly inspector: ValueInspector,
    private readonly clean: CleanTexts,
  ) {}

  /** A text that may itself be structured: JSON, lines of JSON, XML, a GraphQL document. */
  string(source: ValueSource, place: Place, name: string, text: string, isXml = false): void {
    const first = text.charCodeAt(0);
    if (text.length > 1 && text.length <= LONGEST_JSON && (first === 123 || first === 91)) {
      const parsed = parseJson(text);
      if (parsed !== undefined) {
        this.structure(source, place, parsed);
        return;
      }
      if (text.includes('}\n') || text.includes('}\r\n')) {
        const lines = text.split('\n').map((line) => parseJson(line.trim()) ?? line);
        this.structure(source, place, lines);
        return;
      }
    }
    if (source === 'body' && (isXml || text.startsWith('<?xml')) && text.includes('<')) {
      this.xml(place, text);
      return;
    }
    const decoded = text.length > 16 ? decodeBase64(text) : undefined;
    if (decoded !== undefined) {
      const parsed = parseJson(decoded);
      if (parsed !== undefined) {
        this.inspector.within('base64', () => this.structure(source, place, parsed));
        return;
      }
    }
    const graphql = (name === 'query' || name === '') && text.includes('{') ? graphqlStrings(text) : undefined;
    if (graphql) {
      for (const literal of graphql) if (this.inspector.visit()) this.inspector.text(source, place, name, literal);
      return;
    }
    this.inspector.text(source, place, lastName(name), text);
  }

  private xml(place: Place, text: string): void {
    this.inspector.text('body', place, 'xml', text, false, DOCUMENT_DETECTORS);
    for (const value of xmlValues(text)) {
      if (!this.inspector.visit()) return;
      this.inspector.text('body', { parent: place, key: value.name }, value.name.toLowerCase(), value.text);
    }
    if (/<script|\son[a-z]{3,20}\s?=|<!--#/i.test(text.slice(0, 20_000))) {
      this.inspector.text('body', place, 'xml', text, false, PAGE_DETECTORS);
    }
  }

  /** One part of a multipart body: its name, and either its value or its file's name and content. */
  part({ name, filename, content }: MultipartPart): void {
    if (this.inspector.policy.bodyFields.matchesParameter(name)) return;
    const place: Place = { parent: { parent: undefined, key: 'body' }, key: name };
    this.name('body', place, name);
    if (filename === undefined) this.string('body', place, name, content);
    else this.file(place, name, filename, content);
  }

  /** A file's name always; its content when it is text that a server would run or a processor resolve. */
  private file(place: Place, field: string, filename: string, content: string): void {
    this.filename(field, filename);
    const head = content.slice(0, 8192);
    if (!/[\u0000-\u0008\u000e-\u001f]/.test(head.slice(0, 512))) {
      const content: Place = { parent: place, key: 'content' };
      this.inspector.text('body', content, 'file', head, false, DOCUMENT_DETECTORS);
      // A picture that a browser runs when it is opened by itself.
      if (/\.svgz?$/i.test(filename) || /^\s{0,40}<svg[\s>]/i.test(head))
        this.inspector.text('body', content, 'file', head, false, PAGE_DETECTORS);
    }
  }

  filename(field: string, filename: string | undefined): void {
    if (!filename) return;
    const place: Place = { parent: { parent: { parent: undefined, key: 'body' }, key: field }, key: 'filename' };
    // Directories have no place in a file name (RFC 7578, section 4.2), and neither have script extensions of other servers.
    this.inspector.text('body', place, 'filename', filename);
    this.inspector.text('query', place, 'filename', decodePercent(filename));
    this.inspector.filename(place, filename);
  }

  /** Keys and values of a parsed structure, depth first, with a stack of its own. */
  structure(source: ValueSource, root: Place, value: object): void {
    const stack: Container[] = [{ value, place: root, depth: 1 }];
    const seen = new Set<object>();
    for (let container = stack.pop(); container; container = stack.pop()) {
      // A structure that holds itself gets there.
      if (container.depth > SUSPECT_DEPTH) {
        if (seen.has(container.value)) continue;
        seen.add(container.value);
      }
      if (!this.inspector.visit(container.depth)) return;
      if (Array.isArray(container.value)) this.items(source, container, stack);
      else this.fields(source, container, stack);
    }
  }

  private items(source: ValueSource, container: Container, stack: Container[]): void {
    const list = container.value as readonly unknown[];
    for (let index = 0; index < list.length; index++) {
      const item = list[index];
      if (!this.inspector.visit(container.depth)) return;
      if (typeof item === 'number' || typeof item === 'boolean' || item === null) continue;
      // A pair of a class name and its members is how Jackson writes a typed value (`As.WRAPPER_ARRAY`).
      const typed = index === 0 && list.length === 2 && typeof item === 'string' && CLASS_NAME.test(item);
      this.child(source, container, index, item, typed ? '@type' : nameOf(container.place), stack);
    }
  }

  private fields(source: ValueSource, container: Container, stack: Container[]): void {
    const record = container.value as Readonly<Record<string, unknown>>;
    const { bodyFields } = this.inspector.policy;
    for (const key of Object.keys(record)) {
      if (!this.inspector.visit(container.depth)) return;
      if (
        !bodyFields.empty &&
        source === 'body' &&
        (bodyFields.matches(key) || bodyFields.matches(fieldPath(container.place, key)))
      )
        continue;
      const item = record[key];
      if (!this.clean.has(key)) this.name(source, { parent: container.place, key }, key);
      if (key === 'prototype' && isConstructor(container.place.key))
        this.name(source, { parent: container.place, key }, 'constructor.prototype');
      if (typeof item === 'number' || typeof item === 'boolean' || item === null) continue;
      this.child(source, container, key, item, key, stack);
    }
  }

  private child(
    source: ValueSource,
    container: Container,
    key: string | number,
    item: unknown,
    name: string,
    stack: Container[],
  ): void {
    if (typeof item === 'string') {
      if (item !== '') this.string(source, { parent: container.place, key }, name, item);
    } else if (isStructure(item)) {
      stack.push({ value: item, place: { parent: container.place, key }, depth: container.depth + 1 });
    }
  }

  /** The name of a field. */
  name(source: ValueSource, place: Place, name: string): void {
    if (name.length === 0 || this.clean.has(name)) return;
    if (this.inspector.text(source, place, '', name, true)) this.clean.add(name);
  }
}

interface Container {
  readonly value: object;
  readonly place: Place;
  readonly depth: number;
}

/** `constructor`, also where a filter that removes the word once leaves one behind. */
function isConstructor(key: string | number): boolean {
  return (
    typeof key === 'string' &&
    key.length < 80 &&
    (key === 'constructor' || key.replace('constructor', '') === 'constructor')
  );
}

/** Lists and plain objects: what parsers produce. A stream or a file that hangs on a body is nobody's input. */
function isStructure(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
}

function nameOf(place: Place): string {
  for (let at: Place | undefined = place; at; at = at.parent) if (typeof at.key === 'string') return at.key;
  return '';
}

/** `items.name` of `body.items[2].name` */
function fieldPath(place: Place, key: string): string {
  const keys: string[] = [key];
  for (let at: Place | undefined = place; at?.parent; at = at.parent) if (typeof at.key === 'string') keys.push(at.key);
  return keys.reverse().join('.');
}

/** `b` of `a[b]`, in lower case. */
function lastName(name: string): string {
  return name.length > 200 ? '' : name.toLowerCase();
}

function parseJson(text: string): object | undefined {
  const first = text.charCodeAt(0);
  if (first !== 123 && first !== 91) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
