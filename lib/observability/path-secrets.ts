import { percentDecoded } from './percent-text';
import { REDACTED } from './secret-text';

interface Segment {
  /** In lower case; undefined where a parameter stands. */
  readonly literal: string | undefined;
  /** The parameters' names. */
  readonly names: readonly string[];
  /** Whether it takes all the rest of a path. */
  readonly rest: boolean;
}

type Template = readonly Segment[];

type IsSensitive = (name: string) => boolean;

/** Optional groups of Express 5, and expressions that a parameter has to meet, say nothing about names. */
const DECORATION = /[{}]|\([^)]*\)/g;
const NAMES = /[:*](\w+)/g;

/**
 * Finds the secrets in paths by the templates of routes: what stands where `/reset/:token` has its parameter. A template is
 * compared with the end of a path, since in front of it come prefixes and versions.
 */
export class PathSecrets {
  private readonly templates = new Map<string, readonly Template[]>();
  private readonly templateOf = new Map<string, string>();
  /** The paths of routes without parameters. */
  private readonly literals = new Set<string>();
  /** Those with a name that is sensitive: of each route, and of all. */
  private readonly sensitiveOf = new Map<string, readonly Template[]>();
  private sensitive: readonly Template[] | undefined;

  constructor(private readonly isSensitive: IsSensitive) {}

  /** Makes a route's template known, such as `POST /reset/:token|/renew/:token`, and by which names it is asked for. */
  learn(template: string, labels: readonly string[] = []): void {
    for (const label of labels) this.templateOf.set(label, template);
    if (this.templates.has(template)) return;
    const paths = template.slice(template.indexOf(' ') + 1).split('|');
    const read = paths.map(segmentsOf);
    this.templates.set(template, read);
    for (const segments of read) if (segments.every(isLiteral)) this.literals.add(textOf(segments));
    this.sensitiveOf.set(template, read.filter(this.concerns));
    this.sensitive = undefined;
  }

  /** Other names are sensitive from now on. */
  reconsider(): void {
    for (const [template, read] of this.templates) this.sensitiveOf.set(template, read.filter(this.concerns));
    this.sensitive = undefined;
  }

  /**
   * The segments of a path that are secrets, as they are written in it.
   *
   * @param route the template or a label of the route that the path was matched to; without, any route may be meant.
   */
  within(path: string, route?: string): readonly string[] {
    const own = route === undefined ? undefined : this.sensitiveOf.get(this.templateOf.get(route) ?? route);
    const candidates = own ?? (this.sensitive ??= [...this.sensitiveOf.values()].flat());
    if (candidates.length === 0 || !path.startsWith('/')) return [];
    const segments = path.split('/').filter(Boolean);
    const plain = segments.map((segment) => percentDecoded(segment).toLowerCase());
    // Any path looks like a template without a word of its own.
    const unlike = (template: Template) =>
      own === undefined &&
      !template.some(isLiteral) &&
      (template.length !== plain.length || this.literals.has(plain.join('/')));
    return candidates.flatMap((template) => (unlike(template) ? [] : this.match(template, segments, plain)));
  }

  /** A path without its secrets. */
  hide(path: string, route?: string): string {
    const secrets = this.within(path, route);
    if (secrets.length === 0) return path;
    const parts = path.split('/');
    return parts.map((part) => (secrets.includes(part) ? REDACTED : part)).join('/');
  }

  private readonly concerns = (template: Template): boolean => {
    return template.some(({ names }) => names.some(this.isSensitive));
  };

  private match(template: Template, segments: readonly string[], plain: readonly string[]): string[] {
    // What a wildcard at the end takes is any number of segments.
    const open = template.at(-1)?.rest === true;
    const last = segments.length - template.length;
    for (let start = open ? 0 : last; start >= 0 && start <= last; start++) {
      if (template.some(({ literal }, index) => literal !== undefined && literal !== plain[start + index])) continue;
      return segments.slice(start).filter((_, index) => {
        return template[Math.min(index, template.length - 1)]!.names.some(this.isSensitive);
      });
    }
    return [];
  }
}

function isLiteral({ literal }: Segment): boolean {
  return literal !== undefined;
}

function textOf(template: Template): string {
  return template.map(({ literal }) => literal).join('/');
}

function segmentsOf(path: string): Segment[] {
  return path
    .replace(DECORATION, '')
    .split('/')
    .filter(Boolean)
    .map((text) => {
      const names = [...text.matchAll(NAMES)].map(([, name = '']) => name);
      const rest = text.startsWith('*');
      return { literal: names.length === 0 && !rest ? text.toLowerCase() : undefined, names, rest };
    });
}
