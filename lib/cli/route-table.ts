import type { CompiledRoute } from '../policy/compiled-route';

interface Entry {
  readonly method: string;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
  readonly route: CompiledRoute;
}

export interface RouteMatch {
  readonly route: CompiledRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the route of a recorded path by the templates of the handlers, in the order of their registration, as Express does. */
export class RouteTable {
  private readonly entries: readonly Entry[];

  constructor(routes: readonly CompiledRoute[]) {
    this.entries = routes.filter(({ kind }) => kind === 'http').flatMap(entriesOf);
  }

  find(method: string, path: string): RouteMatch | undefined {
    for (const { method: own, pattern, parameters, route } of this.entries) {
      if (own !== method && own !== 'ALL' && !(own === 'GET' && method === 'HEAD')) continue;
      const match = pattern.exec(path);
      if (match === null) continue;
      const params = parameters.flatMap((name, index) => {
        const value = match[index + 1];
        return value === undefined ? [] : [[name, decoded(value)] as const];
      });
      return { route, params: Object.fromEntries(params) };
    }
    return undefined;
  }
}

function entriesOf(route: CompiledRoute): Entry[] {
  const [method = ''] = route.template.split(' ', 1);
  return route.ways.paths.map((path) => ({ method, route, ...compile(path) }));
}

/** `:id`, `*rest`, a bare `*`, and optional parts in braces (path-to-regexp 8, and what Nest makes of older wildcards). */
const SYNTAX = /:(\w+)|\*(\w*)|([{}])|([.+?^$()|[\]\\])/g;

function compile(template: string): { readonly pattern: RegExp; readonly parameters: string[] } {
  const parameters: string[] = [];
  const source = template.replace(
    SYNTAX,
    (_, name: string | undefined, rest: string | undefined, brace: string | undefined, mark: string) => {
      if (name !== undefined) return capture(parameters, name, '([^/]+?)');
      if (rest !== undefined) return capture(parameters, rest, '(.*)');
      if (brace !== undefined) return brace === '{' ? '(?:' : ')?';
      return `\\${mark}`;
    },
  );
  return { pattern: new RegExp(`^${source}/?$`, 'i'), parameters };
}

function capture(parameters: string[], name: string, source: string): string {
  parameters.push(name);
  return source;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
