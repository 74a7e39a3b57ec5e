import { percentDecoded } from '../observability/percent-text';

/** What reports and events call a route: by the paths that it is served at, or by the one of them that a request took. */
export class RouteWays {
  /** `GET /api/v1/cats|/api/v2/cats`; of what is no HTTP route its message pattern or field. */
  readonly label: string;

  /**
   * @param name the method of an HTTP route, or the whole name of what has no paths.
   * @param paths with the global prefix and the version, as requests have to spell them.
   */
  constructor(
    private readonly name: string,
    readonly paths: readonly string[],
  ) {
    this.label = paths.length === 0 ? name : labelOf(name, paths.join('|'));
  }

  /** Everything that `taken` may answer. */
  get labels(): readonly string[] {
    return [this.label, ...this.paths.map((path) => labelOf(this.name, path))];
  }

  /** By the path of a request that the route was found for; all ways where it does not tell one from the others. */
  taken(path: string): string {
    if (this.paths.length < 2) return this.label;
    const segments = segmentsOf(path).map((segment) => percentDecoded(segment).toLowerCase());
    const met = this.paths.filter((own) => leadsBy(segmentsOf(own), segments));
    return met.length === 1 ? labelOf(this.name, met[0]!) : this.label;
  }
}

function labelOf(method: string, path: string): string {
  return `${method} ${path}`;
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter(Boolean);
}

/** Whether a path may lead by this one. What follows a wildcard or an optional part is taken for granted. */
function leadsBy(own: readonly string[], path: readonly string[]): boolean {
  const open = own.findIndex((segment) => /[*{]/.test(segment));
  if (open === -1 ? path.length !== own.length : path.length < open) return false;
  const certain = open === -1 ? own : own.slice(0, open);
  return certain.every((segment, index) => segment.includes(':') || segment.toLowerCase() === path[index]);
}
