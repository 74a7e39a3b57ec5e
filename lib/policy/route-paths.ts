import { Inject, Injectable, RequestMethod, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import { joinPath } from './handler-scan';
import { RouteWays } from './route-ways';
import type { RouteInfo } from './security-check';

/** Key of `@Version()` and of `@Controller({ version })`, which @nestjs/common does not export. */
const VERSION = '__version__';

type Method = keyof typeof RequestMethod;

/** One of the paths of a route, in one of its versions. */
export interface WayIn {
  /** What the configuration may call it: as written, with the version, with the global prefix, with both. */
  readonly names: readonly string[];
  /** What requests for it may look like: with the version, with and without the global prefix. */
  readonly reached: readonly string[];
}

/** Under which paths a route can be reached, and so be named in the configuration. */
@Injectable()
export class RoutePaths {
  constructor(@Inject(ApplicationConfig) private readonly application: ApplicationConfig) {}

  /** The method and every template of an HTTP route: as written, with the version, with the global prefix, with both. */
  of(route: RouteInfo): { readonly method: string; readonly templates: readonly string[] } {
    const { method, ways } = this.waysInto(route);
    return { method, templates: [...new Set(ways.flatMap(({ names }) => names))] };
  }

  /** The paths that a route of any kind is served at, as Nest registers them. */
  served(route: RouteInfo): RouteWays {
    if (route.kind !== 'http') return new RouteWays(route.template, []);
    const { method, paths } = partsOf(route);
    const prefix = this.application.getGlobalPrefix();
    const served = this.versions(route).flatMap((version) =>
      paths.map((path) => joinPath(this.hasNoPrefix(method, path) ? '' : prefix, version, path)),
    );
    return new RouteWays(method, [...new Set(served)]);
  }

  /** The method and every way into an HTTP route. */
  waysInto(route: RouteInfo): { readonly method: string; readonly ways: readonly WayIn[] } {
    const { method, paths } = partsOf(route);
    const prefix = this.application.getGlobalPrefix().replace(/^\/?/, '/').replace(/\/$/, '');
    const both = (path: string): string[] => (prefix === '' ? [path] : [path, prefix + path]);
    const ways = paths.flatMap((path) =>
      this.versions(route).map((version) => {
        const reached = both(version + path);
        return { names: version === '' ? reached : [...both(path), ...reached], reached };
      }),
    );
    return { method, ways };
  }

  /** Whether `setGlobalPrefix()` excludes a path: as the controller has it, without a version. */
  private hasNoPrefix(method: string, path: string): boolean {
    const { exclude = [] } = this.application.getGlobalPrefixOptions();
    return exclude.some(({ requestMethod, pathRegex }) => {
      return [RequestMethod.ALL, -1, RequestMethod[method as Method]].includes(requestMethod) && pathRegex.test(path);
    });
  }

  /** `/v1` …; empty where a path has no version in it. */
  private versions({ classRef, handler }: RouteInfo): string[] {
    const versioning = this.application.getVersioning();
    if (versioning?.type !== VersioningType.URI) return [''];
    const own: unknown =
      Reflect.getMetadata(VERSION, handler) ?? Reflect.getMetadata(VERSION, classRef) ?? versioning.defaultVersion;
    const prefix = versioning.prefix === false ? '' : (versioning.prefix ?? 'v');
    return [own]
      .flat()
      .map((version) => (version === undefined || version === VERSION_NEUTRAL ? '' : `/${prefix}${version as string}`));
  }
}

/** None of a handler that is called by itself, without a path. */
function partsOf({ template }: RouteInfo): { readonly method: string; readonly paths: readonly string[] } {
  const [method = '', paths] = template.split(' ', 2);
  return { method, paths: paths?.split('|') ?? [] };
}
