import { Inject, Injectable, RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { ownPolicy } from './policy-decorator';
import type { RouteInfo, RouteKind } from './security-check';

type ClassRef = new (...args: never[]) => unknown;
type Handler = (...args: never[]) => unknown;

export interface HandlerScanResult {
  readonly routes: readonly RouteInfo[];
  /** Decorated methods that nothing calls as a handler: the decorators there protect nothing. */
  readonly stray: readonly string[];
}

/** Lists every handler of the application: controllers, gateways, resolvers and message handlers. */
@Injectable()
export class HandlerScan {
  private readonly scanner = new MetadataScanner();

  constructor(@Inject(ModulesContainer) private readonly modules: ModulesContainer) {}

  run(): HandlerScanResult {
    const routes: RouteInfo[] = [];
    const stray: string[] = [];
    const visited = new Set<unknown>();
    for (const module of this.modules.values()) {
      const prefix = modulePath(module.metatype, this.modules.applicationId);
      for (const { metatype } of [...module.controllers.values(), ...module.providers.values()]) {
        if (typeof metatype !== 'function' || metatype.prototype === undefined || visited.has(metatype)) continue;
        visited.add(metatype);
        this.scanClass(metatype as ClassRef, prefix, routes, stray);
      }
    }
    return { routes, stray };
  }

  private scanClass(classRef: ClassRef, prefix: string, routes: RouteInfo[], stray: string[]): void {
    const prototype = classRef.prototype as Record<string, unknown>;
    for (const method of this.scanner.getAllMethodNames(prototype)) {
      const handler = prototype[method] as Handler;
      const found = describeHandler(classRef, handler, method, prefix);
      routes.push(...found);
      if (found.length === 0 && Object.keys(ownPolicy(handler)).length > 0) stray.push(`${classRef.name}.${method}`);
    }
  }
}

/** What a method is a handler for: nothing, one kind of calls, or several (`@Get()` and `@MessagePattern()` on one method). */
export function describeHandler(classRef: ClassRef, handler: Handler, method = handler.name, prefix = ''): RouteInfo[] {
  const routes: RouteInfo[] = [];
  const add = (kind: RouteKind, template: string) =>
    routes.push({ name: `${classRef.name}.${method}`, kind, template, classRef, handler });
  const has = (key: string) => Reflect.hasMetadata(key, handler);
  const read = (key: string): unknown => Reflect.getMetadata(key, handler);

  // The keys are those of @nestjs/common, websockets, microservices and graphql, none of which exports them at its root.
  if (has('path')) add('http', httpTemplate(classRef, handler, prefix));
  if (has('websockets:message_mapping')) add('ws', String(read('message')));
  if (has('microservices:pattern')) add('rpc', patternText(read('microservices:pattern')));
  const resolverType = read('graphql:resolver_type') as string | undefined;
  if (resolverType !== undefined || has('graphql:resolve_property')) {
    const field = (read('graphql:resolver_name') as string | undefined) ?? method;
    add('graphql', `${resolverType ?? resolverTypeName(classRef)} ${field}`);
  }
  return routes;
}

function httpTemplate(classRef: ClassRef, handler: Handler, prefix: string): string {
  const verb = RequestMethod[Reflect.getMetadata('method', handler) as number] ?? 'GET';
  const base = pathsOf(Reflect.getMetadata('path', classRef));
  const own = pathsOf(Reflect.getMetadata('path', handler));
  const templates = base.flatMap((start) => own.map((end) => joinPath(prefix, start, end)));
  return `${verb} ${templates.join('|')}`;
}

function pathsOf(path: unknown): string[] {
  const paths = Array.isArray(path) ? path.map(String) : [typeof path === 'string' ? path : ''];
  return paths.length === 0 ? [''] : paths;
}

export function joinPath(...parts: readonly string[]): string {
  return `/${parts
    .flatMap((part) => part.split('/'))
    .filter(Boolean)
    .join('/')}`;
}

function modulePath(metatype: unknown, applicationId: string): string {
  if (typeof metatype !== 'function') return '';
  const path: unknown = Reflect.getMetadata(`__module_path__${applicationId}`, metatype);
  return typeof path === 'string' ? path : '';
}

function patternText(pattern: unknown): string {
  const first: unknown = Array.isArray(pattern) ? pattern[0] : pattern;
  return typeof first === 'string' ? first : JSON.stringify(first);
}

function resolverTypeName(classRef: ClassRef): string {
  const name: unknown = Reflect.getMetadata('graphql:resolver_name', classRef);
  return typeof name === 'string' ? name : classRef.name;
}
