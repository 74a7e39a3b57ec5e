import { ListOf } from '../config/setting';
import { isCanonicalPath } from '../network/canonical-path';

declare module '../config/guard-config' {
  interface GuardConfig extends ExcludePathsConfig {}
}

/** Which paths the checks leave alone. */
export class ExcludePathsConfig {
  /**
   * Paths that skip every check but emergency mode, by whole segments and case-sensitively: `/static` covers `/static/x`,
   * not `/staticadmin`. A request target that is not spelled canonically (`%`, `//`, dot segments, `;`, `\`) is never
   * excluded. Headers and CORS apply all the same.
   * Default: `/docs`, `/redoc`, `/openapi.json`, `/openapi.yaml`, `/favicon.ico`, `/static`.
   */
  @ListOf(excludedPathProblem, 'a list of paths such as ["/docs"]')
  excludePaths: string[] = ['/docs', '/redoc', '/openapi.json', '/openapi.yaml', '/favicon.ico', '/static'];
}

function excludedPathProblem(path: unknown): string | undefined {
  if (typeof path === 'string' && isCanonicalPath(path)) return undefined;
  return 'can match no path; use one from the first slash, without query, escapes, "//", dot segments, ";" or "\\"';
}
