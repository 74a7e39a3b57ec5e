import { isDeepStrictEqual } from 'node:util';
import type { INestApplicationContext, Type } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { configWarnings } from '../config/resolve-config';
import { GUARD_CONFIG_SECTIONS } from '../guard.config-sections';
import { AccessGuard } from '../pipeline/access.guard';
import { DetectionGuard } from '../pipeline/detection.guard';
import type { CompiledRoute } from '../policy/compiled-route';
import { PolicyCompiler } from '../policy/policy-compiler';
import { GUARD_STAGES, type GuardStage, reportRoute, type RoutePolicyReport } from '../policy/policy-report';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard';
import { outlineOf } from './application-outline';
import { type Command, EXIT, oneOf, readArguments } from './command';
import { loadConfig, loadModuleClass } from './module-file';
import { openOfflineGuard } from './offline-guard';
import { type ApplicationReport, type GlobalRule, renderMarkdown, renderTable, toJson } from './policy-table';

const USAGE = `nestapi-guard policies <compiled app module> [options]

Prints what protects each route of an application, and where each rule comes from. The module is loaded, its providers and
controllers are not created: nothing connects to a database or any other service.

  --fail-on <what>        unprotected: exit code 1 when some route has no check of its own in force;
                          rehearsed: also when its checks only report (passiveMode, dry-run)
  --global-prefix <path>  what main.ts gives app.setGlobalPrefix()
  --config <file>         JSON file or module to take for the configuration of GuardModule
  --json                  print JSON
  --markdown              print a Markdown table
`;

const OPTIONS = {
  'fail-on': { type: 'string' },
  'global-prefix': { type: 'string', default: '' },
  config: { type: 'string' },
  json: { type: 'boolean', default: false },
  markdown: { type: 'boolean', default: false },
} as const;

export const policiesCommand: Command = {
  usage: USAGE,
  async run(args, { out }) {
    const { values, positionals } = readArguments(args, OPTIONS, ['compiled app module']);
    const failOn = values['fail-on'] === undefined ? [] : failing(values['fail-on']);
    const report = await inspect(positionals[0]!, values['global-prefix'], values.config);
    const render = values.json ? toJson : values.markdown ? renderMarkdown : renderTable;
    out.write(render(report));
    return report.routes.some(({ protection }) => failOn.includes(protection)) ? EXIT.found : EXIT.ok;
  },
};

function failing(option: string): readonly RoutePolicyReport['protection'][] {
  const what = oneOf('--fail-on', option, ['unprotected', 'rehearsed']);
  return what === 'unprotected' ? ['unprotected'] : ['unprotected', 'rehearsed'];
}

async function inspect(file: string, prefix: string, configFile: string | undefined): Promise<ApplicationReport> {
  const outline = await outlineOf(await loadModuleClass(file));
  const given = configFile === undefined ? await outline.config() : await loadConfig(configFile);
  const config = withIdleHandler((given ?? {}) as Record<string, unknown>);
  const guard = await openOfflineGuard({ config, modules: outline.modules, globalPrefix: prefix });
  try {
    const stagesOf = outline.guardsEverywhere ? () => GUARD_STAGES : stagesByHand;
    return report(guard, stagesOf);
  } finally {
    await guard.close();
  }
}

function report(
  guard: INestApplicationContext,
  stagesOf: (route: CompiledRoute) => readonly GuardStage[],
): ApplicationReport {
  const { current: config, defaults } = guard.get(LiveConfig, { strict: false });
  const compiler = guard.get(PolicyCompiler, { strict: false });
  return {
    everyRequest: globalRules(config, defaults),
    routes: compiler.routes.map((route) => reportRoute(route, config, stagesOf(route))),
    warnings: [...configWarnings(GUARD_CONFIG_SECTIONS, config), ...compiler.warnings()],
  };
}

/** What holds whatever the route is, as far as it is on: these rules are fields of no route's policy. */
const GLOBAL_FIELDS = [
  'passiveMode',
  'emergencyMode',
  'enableIpBanning',
  'enforceHttps',
  'blacklist',
  'whitelist',
  'exemptIps',
  'onlyFrom',
  'excludePaths',
] as const satisfies readonly (keyof GuardConfig)[];

function globalRules(config: GuardConfig, defaults: GuardConfig): GlobalRule[] {
  return GLOBAL_FIELDS.flatMap((field) => {
    const value = config[field];
    const isOff = value === null || value === false || (Array.isArray(value) && value.length === 0);
    return isOff ? [] : [{ field, source: isDeepStrictEqual(value, defaults[field]) ? 'default' : 'config', value }];
  });
}

/** The application's own source of countries, which nobody is to ask here. */
function withIdleHandler(config: Record<string, unknown>): object {
  if (config.geoIpHandler === undefined) return config;
  return { ...config, geoIpHandler: { isInitialized: true, initialize() {}, getCountry() {} } };
}

const GUARDS: readonly [GuardStage, Type][] = [
  ['access', AccessGuard],
  ['limits', RateLimitGuard],
  ['detection', DetectionGuard],
];

/** The stages whose guards `@UseGuards()` puts before a route. What `app.useGlobalGuards()` adds in main.ts cannot be seen. */
function stagesByHand({ classRef, handler }: CompiledRoute): GuardStage[] {
  // The key of @UseGuards(), which @nestjs/common does not export.
  const listed = [classRef, handler].flatMap(
    (target) => (Reflect.getMetadata('__guards__', target) ?? []) as unknown[],
  );
  return GUARDS.filter(([, Guard]) => {
    return listed.some((used) => used === Guard || used instanceof Guard || isSubclass(used, Guard));
  }).map(([stage]) => stage);
}

function isSubclass(used: unknown, Guard: Type): boolean {
  return typeof used === 'function' && used.prototype instanceof Guard;
}
