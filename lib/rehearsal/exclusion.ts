import type { RefusalEvent } from '../observability/guard-event';

/** What an operator would write to have a refusal no more. */
export interface Exclusion {
  /** A field of the configuration, or a decorator of the handler. */
  readonly where: 'config' | 'decorator';
  /** As it is written: `detectionExclude: { params: ['q'] }` or `@Bypass(['user_agent'])`. */
  readonly code: string;
  /** The handler that the decorator goes on. */
  readonly handler?: string;
}

/** The first word of a threat's path, and the exclusion list for the names behind it. */
const LISTS: Readonly<Record<string, string>> = {
  query: 'params',
  headers: 'headers',
  cookies: 'cookies',
  body: 'bodyFields',
};

/** The narrowest change that would silence a refusal: one name on one route where it can be told, one check there, or one client. */
export function exclusionFor({ check, request, evidence }: RefusalEvent): Exclusion {
  const { handler, ip } = request;
  if (check === 'penetration') {
    const excluded = excludedName(threatPaths(evidence)[0]);
    if (excluded !== undefined) {
      return handler === undefined
        ? { where: 'config', code: `detectionExclude: ${excluded}` }
        : { where: 'decorator', code: `@SuspiciousDetection({ exclude: ${excluded} })`, handler };
    }
  }
  if (handler !== undefined) return { where: 'decorator', code: `@Bypass([${quote(check)}])`, handler };
  return {
    where: 'config',
    code: ip === undefined ? `checkModes: { ${check}: 'dry-run' }` : `exemptIps: [${quote(ip)}]`,
  };
}

/** Where the threats of a refusal were found, the worst first; empty for other refusals. */
export function threatPaths(evidence: RefusalEvent['evidence']): string[] {
  const threats: unknown = evidence?.threats;
  if (!Array.isArray(threats)) return [];
  return threats.flatMap((threat: unknown) => {
    const path: unknown = (threat as { path?: unknown } | null)?.path;
    return typeof path === 'string' ? [path] : [];
  });
}

/** `{ bodyFields: ['items.name'] }` of `body.items[2].name`; a part of the path has no name to exclude. */
function excludedName(path: string | undefined): string | undefined {
  const [, part = '', name = ''] = /^(\w+)\.(.+)$/s.exec(path ?? '') ?? [];
  const list = LISTS[part];
  if (list === undefined) return undefined;
  // Only fields of bodies nest: a parameter is called `filter[name]` as a whole.
  const field = list === 'bodyFields' ? name.replaceAll(/\[\d+\]/g, '').replace(/\.(filename|content)$/, '') : name;
  return `{ ${list}: [${quote(field)}] }`;
}

function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, '\\$&')}'`;
}
