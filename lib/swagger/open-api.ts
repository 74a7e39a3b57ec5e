/** The part of an OpenAPI document that is read and written here. */
export interface OpenApiDocument {
  paths?: Record<string, object>;
  components?: { securitySchemes?: object; schemas?: object };
}

export interface OpenApiOperation {
  responses?: Record<string, unknown>;
  security?: Record<string, string[]>[];
  parameters?: { readonly in?: string; readonly name?: string }[];
}

export interface SecurityScheme {
  readonly type: 'http' | 'apiKey';
  readonly scheme?: string;
  readonly in?: 'header';
  readonly name?: string;
  readonly description?: string;
}

/** The path of a route's template as OpenAPI writes it: `/cats/{id}` of `/cats/:id`, and of `/cats{/:id}`. */
export function openApiPath(template: string): string {
  return template
    .replace(/[{}]/g, '')
    .replace(/[:*](\w+)(?:\([^)]*\))?[?*+]?/g, '{$1}')
    .replace(/(.)\/$/, '$1');
}
