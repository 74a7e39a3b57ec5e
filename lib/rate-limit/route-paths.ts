import { Inject, Injectable, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { RouteInfo } from '../policy/security-check';

/** Key of `@Version()` and of `@Controller({ version })`, which @nestjs/common does not export. */
const VERSION = '__version__';

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

  /** The method and every way into an HTTP route. */
  waysInto(route: RouteInfo): { readonly method: string; readonly ways: readonly WayIn[] } {
    const [method, paths] = route.template.split(' ', 2) as [string, string];
    const prefix = this.application.getGlobalPrefix().replace(/^\/?/, '/').replace(/\/$/, '');
    const both = (path: string): string[] => (prefix === '' ? [path] : [path, prefix + path]);
    const ways = paths.split('|').flatMap((path) =>
      this.versions(route).map((version) => {
        const reached = both(version + path);
        return { names: version === '' ? reached : [...both(path), ...reached], reached };
      }),
    );
    return { method, ways };
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
