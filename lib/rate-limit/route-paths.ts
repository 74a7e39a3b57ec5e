import { Inject, Injectable, VERSION_NEUTRAL, VersioningType } from '@nestjs/common';
import { ApplicationConfig } from '@nestjs/core';
import type { RouteInfo } from '../policy/security-check';

/** Key of `@Version()` and of `@Controller({ version })`, which @nestjs/common does not export. */
const VERSION = '__version__';

/** Under which paths a route can be reached, and so be named in the configuration. */
@Injectable()
export class RoutePaths {
  constructor(@Inject(ApplicationConfig) private readonly application: ApplicationConfig) {}

  /** The method and every template of an HTTP route: as written, with the version, with the global prefix, with both. */
  of(route: RouteInfo): { readonly method: string; readonly templates: readonly string[] } {
    const [method, paths] = route.template.split(' ', 2) as [string, string];
    const versioned = paths
      .split('|')
      .flatMap((path) => [path, ...this.versions(route).map((version) => `/${version}${path}`)]);
    const prefix = this.application.getGlobalPrefix().replace(/^\/?/, '/').replace(/\/$/, '');
    const prefixed = prefix === '' ? [] : versioned.map((path) => prefix + path);
    return { method, templates: [...versioned, ...prefixed] };
  }

  private versions({ classRef, handler }: RouteInfo): string[] {
    const versioning = this.application.getVersioning();
    if (versioning?.type !== VersioningType.URI) return [];
    const own: unknown =
      Reflect.getMetadata(VERSION, handler) ?? Reflect.getMetadata(VERSION, classRef) ?? versioning.defaultVersion;
    const prefix = versioning.prefix === false ? '' : (versioning.prefix ?? 'v');
    return [own]
      .flat()
      .filter((version) => version !== undefined && version !== VERSION_NEUTRAL)
      .map((version) => prefix + String(version));
  }
}
