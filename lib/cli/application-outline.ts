import type { INestApplicationContext, InjectionToken, Type } from '@nestjs/common';
import { InitializeOnPreviewAllowlist, ModulesContainer, NestFactory } from '@nestjs/core';
import { CONFIG_INPUT, GuardModule } from '../guard.module';
import { GatewayGuards } from '../pipeline/gateway-guards';
import { CommandError } from './command';

type NestModule = ModulesContainer extends Map<string, infer Entry> ? Entry : never;
type Wrapper = NestModule['providers'] extends Map<unknown, infer Entry> ? Entry : never;

/** An application as its modules declare it. Nothing of it has been created. */
export interface ApplicationOutline {
  readonly modules: ModulesContainer;
  /** Whether the guards stand before every handler, as they do unless `registerGuards` is false. */
  readonly guardsEverywhere: boolean;
  /** What the application gives `GuardModule.forRoot()`, or what its `forRootAsync()` makes. */
  config(): Promise<unknown>;
}

/**
 * Lists the modules of an application in Nest's preview mode: no provider and no controller is created, no hook runs, and so
 * nothing connects to anything.
 *
 * @throws CommandError when the application does not import `GuardModule`
 */
export async function outlineOf(root: Type): Promise<ApplicationOutline> {
  const modules = (await preview(root)).get(ModulesContainer);
  const guard = [...modules.values()].find(({ metatype }) => metatype === GuardModule);
  if (guard === undefined) {
    throw new CommandError(
      `${root.name} does not import the GuardModule of this installation of nestapi-guard; ` +
        "run the command from the application's folder, on its root module",
    );
  }
  return {
    modules,
    guardsEverywhere: guard.providers.has(GatewayGuards),
    config: () => configOf(root, modules, guard),
  };
}

function preview(root: Type): Promise<INestApplicationContext> {
  return NestFactory.createApplicationContext(root, { preview: true, abortOnError: false, logger: false });
}

async function configOf(root: Type, modules: ModulesContainer, guard: NestModule): Promise<unknown> {
  const input = guard.providers.get(CONFIG_INPUT) as Wrapper;
  const { inject, instance } = input as { inject?: unknown; instance: unknown };
  if (!inject) return instance;
  try {
    return await makeConfig(root, modules, guard, input);
  } catch (error) {
    const [message] = String((error as Error).message).split('\n');
    throw new CommandError(
      'what GuardModule.forRootAsync() is given could not be made without starting the application ' +
        `(${message}); give the configuration with --config`,
    );
  }
}

/** Creates the modules that the factory's dependencies come from, and nothing else of the application. */
async function makeConfig(root: Type, modules: ModulesContainer, guard: NestModule, input: Wrapper): Promise<unknown> {
  const tokens = dependenciesOf(input);
  // A `useClass` is a provider of the guard's own module, which must not be created.
  const own = tokens.map((token) => guard.providers.get(token));
  const outside = tokens.flatMap((token, index) => (own[index] ? dependenciesOf(own[index]) : [token]));
  for (const module of hostsOf(outside, modules, guard)) InitializeOnPreviewAllowlist.add(module.metatype);
  const application = await preview(root);
  const get = (token: InjectionToken) => application.get<unknown>(token, { strict: false });
  const made = tokens.map((token, index) => {
    const wrapper = own[index];
    if (wrapper === undefined) return get(token);
    return new (wrapper.metatype as Type<unknown>)(...dependenciesOf(wrapper).map(get));
  });
  const factory = input.metatype as (...dependencies: unknown[]) => unknown;
  return factory(...made);
}

/** The modules that provide these tokens, and whatever their providers depend on. */
function hostsOf(
  tokens: readonly InjectionToken[],
  modules: ModulesContainer,
  guard: NestModule,
): ReadonlySet<NestModule> {
  const hosts = new Set<NestModule>();
  const asked = new Set<InjectionToken>();
  const waiting = [...tokens];
  for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
    if (asked.has(token)) continue;
    asked.add(token);
    for (const module of modules.values()) {
      const wrapper = module.providers.get(token);
      if (module === guard || wrapper === undefined) continue;
      hosts.add(module);
      waiting.push(...dependenciesOf(wrapper));
    }
  }
  return hosts;
}

/** The tokens that a provider is made with: those of a factory, or of a constructor's parameters. */
function dependenciesOf({ inject, metatype }: Wrapper): InjectionToken[] {
  if (inject) return inject.flatMap((token) => tokenOf(token) ?? []);
  if (typeof metatype !== 'function') return [];
  const types = (Reflect.getMetadata('design:paramtypes', metatype) ?? []) as unknown[];
  const tokens = [...types];
  const declared = (Reflect.getMetadata('self:paramtypes', metatype) ?? []) as { index: number; param: unknown }[];
  for (const { index, param } of declared) tokens[index] = param;
  return tokens.flatMap((token) => tokenOf(token) ?? []);
}

/** A token as it is written in `inject`: bare, optional, or a forward reference. */
function tokenOf(written: unknown): InjectionToken | undefined {
  if (typeof written !== 'object' || written === null) return written as InjectionToken | undefined;
  if ('forwardRef' in written) return (written as { forwardRef: () => InjectionToken }).forwardRef();
  return 'token' in written ? tokenOf(written.token) : undefined;
}
