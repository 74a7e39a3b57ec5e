/** A parameter or a wildcard of Nest's route templates: `:id`, `*rest`, `{*rest}`. */
const PARAMETER = /^:\w+$/;
const WILDCARD = /^(\*\w*|\{\*\w*\})$/;

/** `[METHOD ]/path`, as keys of `endpointRateLimits` are written. */
const SYNTAX = /^(?:([A-Z]+) )?(\/\S*)$/;

export function endpointPatternProblem(text: string): string | undefined {
  return SYNTAX.test(text) ? undefined : 'is not a path; use "/cats/:id", "/cats/*" or "POST /cats"';
}

/** A set of routes by the look of their templates: `/cats/:id`, everything below `/cats/*`, or only `POST /cats`. */
export class EndpointPattern {
  /** The longer and the more literal, the earlier it is asked. */
  readonly weight: number;
  /** Undefined when every method is meant. */
  readonly method: string | undefined;
  private readonly segments: readonly string[];
  private readonly open: boolean;

  constructor(readonly text: string) {
    const [, method, path] = SYNTAX.exec(text) ?? [];
    const segments = segmentsOf(path ?? text);
    this.method = method === 'ALL' ? undefined : method;
    this.open = segments.length > 0 && WILDCARD.test(segments.at(-1)!);
    this.segments = this.open ? segments.slice(0, -1) : segments;
    const literal = this.segments.filter((segment) => !PARAMETER.test(segment)).length;
    this.weight =
      (this.open ? 0 : 4_000) + this.segments.length * 20 + literal * 2 + (this.method === undefined ? 0 : 1);
  }

  /** Whether a route with this template is meant, or some method of one that takes all; parameters may have other names. */
  coversTemplate(method: string, template: string): boolean {
    return this.covers(
      method,
      segmentsOf(template),
      (own, other) => own === other || (PARAMETER.test(own) && PARAMETER.test(other)),
    );
  }

  /** Whether a request for this path would be meant. */
  coversPath(method: string, path: string): boolean {
    return this.covers(method, segmentsOf(path), (own, other) => own === other || PARAMETER.test(own));
  }

  private covers(method: string, others: readonly string[], equal: (own: string, other: string) => boolean): boolean {
    const { segments } = this;
    if (this.method !== undefined && this.method !== method && method !== 'ALL') return false;
    if (this.open ? others.length <= segments.length : others.length !== segments.length) return false;
    return segments.every((segment, index) => equal(segment, others[index]!));
  }
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter(Boolean);
}
