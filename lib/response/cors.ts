import { type IncomingHttpHeaders, METHODS } from 'node:http';
import type { FieldProblem } from '../config/config-problem';
import { compileOrigins, type OriginRule, originsProblems } from './cors-origin';
import { type CorsOptions, DEFAULT_CORS_METHODS } from './cors.options';
import { type HeaderField, isToken, splitList } from './header-syntax';
import { assertSound, OptionReport } from './option-report';

/** What CORS needs to see of a request; Node's own request is one. */
export interface CorsRequest {
  readonly method?: string;
  readonly headers: IncomingHttpHeaders;
}

/** The headers to write, and, for a preflight, the status to answer with at once. */
export interface CorsAnswer {
  /** Present on preflights only: the request ends here. */
  readonly status?: 204;
  readonly headers: readonly HeaderField[];
  /** To be appended to `Vary`, see `appendVary`. */
  readonly vary?: string;
}

/** Cross-origin rules per the Fetch standard, compiled. */
export interface CompiledCors {
  /** Synchronous unless an origin function answers with a promise; never throws or rejects. */
  answer(request: CorsRequest): CorsAnswer | Promise<CorsAnswer>;
}

// A browser lists the headers of one request; more than this is no browser.
const MAX_REFLECTED_LENGTH = 2048;

/** Every problem of a list of methods, paths relative to it. */
export function methodsProblems(setting: unknown): FieldProblem[] {
  return tokensProblems(setting, 'a method such as PATCH', (report, path, method) => {
    const upper = method.toUpperCase();
    // Fetch §4.5 compares methods byte by byte: `patch` is not PATCH.
    if (method !== upper && METHODS.includes(upper)) report.add(path, method, 'must be in upper case', upper);
  });
}

/** Every problem of a list of header names, paths relative to it. */
export function headerNamesProblems(setting: unknown): FieldProblem[] {
  return tokensProblems(setting, 'a header name');
}

/**
 * Compiles the rules; what a browser would be told on each request is worked out here as far as it can be.
 *
 * @throws TypeError when one of the options is unsound.
 */
export function compileCors(options: CorsOptions = {}): CompiledCors {
  const { allowOrigins = '*', allowMethods = DEFAULT_CORS_METHODS, allowHeaders = ['*'], exposeHeaders = [] } = options;
  assertSound('allowOrigins', originsProblems(allowOrigins));
  assertSound('allowMethods', methodsProblems(allowMethods));
  assertSound('allowHeaders', headerNamesProblems(allowHeaders));
  assertSound('exposeHeaders', headerNamesProblems(exposeHeaders));
  const report = new OptionReport();
  const maxAge = report.seconds('', options.maxAge, 600);
  assertSound('maxAge', report.problems);
  const origins = compileOrigins(allowOrigins, options.onOriginError);
  return new CorsPolicy(origins, { ...options, allowMethods, allowHeaders, exposeHeaders, maxAge });
}

type Lists = Required<Pick<CorsOptions, 'allowMethods' | 'allowHeaders' | 'exposeHeaders' | 'maxAge'>>;

class CorsPolicy implements CompiledCors {
  private readonly actual: readonly HeaderField[];
  private readonly preflight: readonly HeaderField[];
  private readonly reflectMethods: boolean;
  private readonly reflectHeaders: boolean;
  private readonly privateNetwork: boolean;
  private readonly vary: string | undefined;
  private readonly preflightVary: string | undefined;
  private readonly denied: CorsAnswer;
  private readonly admitted = new Map<string, CorsAnswer>();

  constructor(
    private readonly origins: OriginRule,
    options: CorsOptions & Lists,
  ) {
    // Fetch §3.3.5: `*` and credentials exclude each other, and answering with every caller's own origin instead
    // would hand the user's session to any site.
    const credentials = options.allowCredentials === true && !origins.any;
    const { allowMethods, allowHeaders, exposeHeaders, maxAge } = options;
    // With credentials a browser reads `*` as a name, so what it asked for is repeated instead.
    this.reflectMethods = credentials && allowMethods.includes('*');
    this.reflectHeaders = credentials && allowHeaders.includes('*');
    this.privateNetwork = options.allowPrivateNetwork === true;

    const shared: HeaderField[] = credentials ? [['Access-Control-Allow-Credentials', 'true']] : [];
    const exposed = credentials ? exposeHeaders.filter((name) => name !== '*') : exposeHeaders;
    this.actual = [...shared, ...listField('Access-Control-Expose-Headers', exposed)];
    this.preflight = [
      ...shared,
      ...(this.reflectMethods ? [] : listField('Access-Control-Allow-Methods', allowMethods)),
      ...(this.reflectHeaders ? [] : listField('Access-Control-Allow-Headers', withAuthorization(allowHeaders))),
      ['Access-Control-Max-Age', String(maxAge)],
    ];
    this.vary = origins.any ? undefined : 'Origin';
    const varies = [
      this.vary,
      this.reflectMethods && 'Access-Control-Request-Method',
      this.reflectHeaders && 'Access-Control-Request-Headers',
      this.privateNetwork && 'Access-Control-Request-Private-Network',
    ].filter(Boolean);
    this.preflightVary = varies.length > 0 ? varies.join(', ') : undefined;
    this.denied = { headers: [], vary: this.vary };
    for (const origin of origins.any ? ['*'] : origins.listed) this.admitted.set(origin, this.actualAnswer(origin));
  }

  answer(request: CorsRequest): CorsAnswer | Promise<CorsAnswer> {
    const { origin } = request.headers;
    if (this.origins.any) return this.admit('*', request);
    if (origin === undefined) return this.denied;
    if (this.admitted.has(origin)) return this.admit(origin, request);
    const admitted = this.origins.admits(origin);
    if (typeof admitted === 'boolean') return admitted ? this.admit(origin, request) : this.deny(request);
    return admitted.then((yes) => (yes ? this.admit(origin, request) : this.deny(request)));
  }

  private admit(origin: string, request: CorsRequest): CorsAnswer {
    if (!isPreflight(request)) return this.admitted.get(origin) ?? this.actualAnswer(origin);
    const headers: HeaderField[] = [['Access-Control-Allow-Origin', origin], ...this.preflight];
    const method = request.headers['access-control-request-method'];
    if (this.reflectMethods && method !== undefined && isToken(method)) {
      headers.push(['Access-Control-Allow-Methods', method]);
    }
    const names = this.reflectHeaders ? reflectedNames(request.headers['access-control-request-headers']) : undefined;
    if (names !== undefined) headers.push(['Access-Control-Allow-Headers', names]);
    if (this.privateNetwork && request.headers['access-control-request-private-network'] === 'true') {
      headers.push(['Access-Control-Allow-Private-Network', 'true']);
    }
    return { status: 204, headers, vary: this.preflightVary };
  }

  private deny(request: CorsRequest): CorsAnswer {
    return isPreflight(request) ? { status: 204, headers: [], vary: this.preflightVary } : this.denied;
  }

  private actualAnswer(origin: string): CorsAnswer {
    return { headers: [['Access-Control-Allow-Origin', origin], ...this.actual], vary: this.vary };
  }
}

/** Fetch §3.3.2: OPTIONS alone is an ordinary request; a preflight also names its origin and a method. */
function isPreflight({ method, headers }: CorsRequest): boolean {
  return method === 'OPTIONS' && headers.origin !== undefined && !!headers['access-control-request-method'];
}

// Fetch §4.8: `*` never covers Authorization; whoever allows all headers means that one too.
function withAuthorization(names: readonly string[]): readonly string[] {
  const complete = !names.includes('*') || names.some((name) => name.toLowerCase() === 'authorization');
  return complete ? names : [...names, 'Authorization'];
}

function reflectedNames(requested: string | undefined): string | undefined {
  if (requested === undefined || requested.length > MAX_REFLECTED_LENGTH) return undefined;
  const names = splitList(requested);
  return names.length > 0 && names.every(isToken) ? names.join(', ') : undefined;
}

function listField(name: string, members: readonly string[]): HeaderField[] {
  return members.length === 0 ? [] : [[name, members.join(', ')]];
}

function tokensProblems(
  setting: unknown,
  expected: string,
  inspect?: (report: OptionReport, path: string, token: string) => void,
): FieldProblem[] {
  const report = new OptionReport();
  if (!Array.isArray(setting)) report.add('', setting, `must be a list; each item is ${expected} or '*'`);
  else {
    setting.forEach((item: unknown, index) => {
      if (typeof item !== 'string' || !isToken(item)) report.add(`[${index}]`, item, `must be ${expected} or '*'`);
      else inspect?.(report, `[${index}]`, item);
    });
  }
  return report.problems;
}
