import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { CompiledRoute } from '../policy/compiled-route';
import { PolicyCompiler } from '../policy/policy-compiler';
import { RoutePaths } from '../policy/route-paths';
import { type OpenApiDocument, type OpenApiOperation, openApiPath } from './open-api';
import { documentRoute, type RouteDocumentation } from './route-documentation';

const ERROR_BODY = {
  type: 'object',
  required: ['statusCode', 'message', 'error', 'code'],
  properties: {
    statusCode: { type: 'integer', example: 403 },
    message: { type: 'string', example: 'Forbidden' },
    error: { type: 'string', example: 'Forbidden' },
    code: { type: 'string', example: 'GUARD_IP' },
  },
};

const HEADERS: Readonly<Record<number, object>> = {
  401: { 'WWW-Authenticate': { description: 'What to authenticate with', schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'Seconds until a request is admitted', schema: { type: 'integer' } } },
};

/**
 * Writes into OpenAPI documents what decorators demand: the answers 400, 401, 403, 413, 415 and 429, security schemes, and
 * required headers. What a document says already stays as it is.
 *
 * With `@nestjs/swagger` installed this happens by itself. Call it for documents that are made in another way.
 *
 * @example
 * ```ts
 * function complete(app: INestApplication, document: OpenAPIObject) {
 *   return app.get(GuardDocumentation).complete(document);
 * }
 * ```
 */
@Injectable()
export class GuardDocumentation {
  private readonly config: GuardConfig;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(RoutePaths) private readonly routePaths: RoutePaths,
  ) {
    this.config = live.current;
  }

  /** Adds to a document, and returns it. */
  complete<Document extends object>(document: Document): Document {
    const target = document as OpenApiDocument;
    for (const route of this.compiler.routes) {
      if (route.kind !== 'http') continue;
      const documentation = documentRoute(route);
      if (documentation.refusals.size === 0) continue;
      for (const operation of this.operationsOf(target, route)) this.describe(target, operation, documentation);
    }
    return document;
  }

  private operationsOf(document: OpenApiDocument, route: CompiledRoute): OpenApiOperation[] {
    const { method, templates } = this.routePaths.of(route);
    return templates.flatMap((template) => {
      const item = document.paths?.[openApiPath(template)] as Record<string, OpenApiOperation> | undefined;
      if (item === undefined) return [];
      const operations = method === 'ALL' ? Object.values(item) : [item[method.toLowerCase()]];
      return operations.filter((operation) => operation !== undefined);
    });
  }

  private describe(document: OpenApiDocument, operation: OpenApiOperation, route: RouteDocumentation): void {
    const components = (document.components ??= {});
    const responses = (operation.responses ??= {});
    for (const [status, reasons] of route.refusals) responses[status] ??= this.response(components, status, reasons);
    const parameters = (operation.parameters ??= []);
    for (const name of route.headers) {
      const known = parameters.some(
        (known) => known.in === 'header' && known.name?.toLowerCase() === name.toLowerCase(),
      );
      const parameter = { in: 'header', name, required: true, schema: { type: 'string' } };
      if (!known) parameters.push(parameter);
    }
    if (route.security.size === 0) return;
    components.securitySchemes = { ...Object.fromEntries(route.security), ...components.securitySchemes };
    operation.security ??= [Object.fromEntries([...route.security.keys()].map((name) => [name, []]))];
  }

  private response(components: { schemas?: object }, status: number, reasons: readonly string[]): object {
    const description = `Refused because of ${reasons.join(', or ')}`;
    const headers = HEADERS[status];
    const answer = { description, ...(headers && { headers }) };
    // The application answers with a body of its own.
    if (typeof this.config.customErrorResponses[status] === 'object') return answer;
    components.schemas = { GuardErrorBody: ERROR_BODY, ...components.schemas };
    return { ...answer, content: { 'application/json': { schema: { $ref: '#/components/schemas/GuardErrorBody' } } } };
  }
}
