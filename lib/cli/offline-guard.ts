import { type INestApplicationContext, type InjectionToken, Module, type Provider, type Type } from '@nestjs/common';
import { ApplicationConfig, type ModulesContainer, NestFactory } from '@nestjs/core';
import { cloudRangeServiceProvider } from '../cloud/cloud-range-service.provider';
import { type CloudRangeService } from '../cloud/cloud-range.service';
import type { GuardConfig } from '../config/guard-config';
import { CONFIG_INPUT, GuardModule } from '../guard.module';
import { ApplicationClasses } from '../policy/application-classes';
import { HandlerScan } from '../policy/handler-scan';
import { PolicyCompiler } from '../policy/policy-compiler';
import { MemoryStateStore } from '../state/memory-state-store';
import { MONOTONIC_CLOCK, type MonotonicClock } from '../state/monotonic-clock';
import { STATE_STORE } from '../state/state-store.provider';

export interface OfflineGuardOptions {
  readonly config: object;
  /** The application whose handlers are compiled; by default only `controllers` are. */
  readonly modules?: ModulesContainer | undefined;
  readonly controllers?: Type[];
  readonly globalPrefix?: string;
  /** Replaces providers of the module. */
  readonly providers?: readonly Exclude<Provider, Type>[];
}

/** What reaches out of the process, or calls the application back: an inspection does neither. */
const OUTSIDE = [
  'customLogFile',
  'onBlock',
  'metrics',
  'ipinfoToken',
] as const satisfies readonly (keyof GuardConfig)[];

/** What `forRoot()` takes besides the configuration. */
const EXTRAS = ['registerGuards', 'isGlobal'];

/**
 * The guard without an application around it: its policies are compiled and can be asked. State is in memory, no database or
 * feed is downloaded, no validator or verifier of the application is created.
 *
 * @throws GuardConfigError when the configuration or a decorator is invalid
 */
export async function openOfflineGuard(options: OfflineGuardOptions): Promise<INestApplicationContext> {
  const { modules, globalPrefix = '', controllers = [], providers = [] } = options;
  const left = new Set<string>([...OUTSIDE, ...EXTRAS]);
  const config = Object.fromEntries(Object.entries(options.config).filter(([field]) => !left.has(field)));
  const replacements: Exclude<Provider, Type>[] = [
    { provide: CONFIG_INPUT, useValue: config },
    {
      provide: STATE_STORE,
      inject: [MONOTONIC_CLOCK],
      useFactory: (clock: MonotonicClock) => new MemoryStateStore({ clock }),
    },
    ...(modules === undefined ? [] : [{ provide: HandlerScan, useFactory: () => new HandlerScan(modules) }]),
    { provide: ApplicationClasses, useClass: AbsentClasses },
    { ...cloudRangeServiceProvider, useFactory: openPackagedRanges },
    ...providers,
  ];
  class OfflineGuard {}
  Module({ imports: [guardModuleWith(replacements)], controllers })(OfflineGuard);
  const context = await NestFactory.createApplicationContext(OfflineGuard, { abortOnError: false, logger: false });
  context.get(ApplicationConfig).setGlobalPrefix(globalPrefix);
  context.get(PolicyCompiler, { strict: false }).recompile();
  return context;
}

function guardModuleWith(replacements: readonly Exclude<Provider, Type>[]) {
  const byToken = new Map(replacements.map((provider) => [provider.provide, provider]));
  const { providers = [], ...module } = GuardModule.forRoot({ registerGuards: false });
  return { ...module, providers: providers.map((provider) => byToken.get(tokenOf(provider)) ?? provider) };
}

function tokenOf(provider: Provider): InjectionToken {
  return typeof provider === 'function' ? provider : provider.provide;
}

/** Nothing of the application is created, and so nothing is missed. */
class AbsentClasses extends ApplicationClasses {
  override async onModuleInit(): Promise<void> {}
}

/** Takes the ranges from caches and the package, and downloads none. */
async function openPackagedRanges(...dependencies: unknown[]): Promise<CloudRangeService> {
  const ranges = await cloudRangeServiceProvider.useFactory(...dependencies);
  const begin = ranges.onApplicationBootstrap.bind(ranges);
  ranges.onApplicationBootstrap = async () => {
    await begin();
    ranges.onApplicationShutdown();
  };
  return ranges;
}
