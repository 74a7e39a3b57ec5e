// Writes the reference of the configuration out of the comments of its fields, in `lib/**/*.config.ts`.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import ts from 'typescript';
import { readPages } from './pages.mjs';

const lib = fileURLToPath(new URL('../lib/', import.meta.url));

/** Where a section is explained at length. */
const PAGES = {
  ClientAddressConfig: ['Client address', 'behind-a-proxy'],
  AddressRulesConfig: ['Address rules', 'address-rules'],
  GeoConfig: ['Countries', 'geo'],
  CloudConfig: ['Clouds', 'cloud'],
  UserAgentConfig: ['User agents', 'address-rules'],
  ExcludePathsConfig: ['Excluded paths', 'request-life-cycle'],
  HttpsConfig: ['HTTPS', 'https'],
  SecurityHeadersConfig: ['Security headers', 'security-headers'],
  CorsConfig: ['CORS', 'cors'],
  ErrorBodyConfig: ['Bodies of refusals', 'errors'],
  RateLimitConfig: ['Rate limits', 'rate-limits'],
  BanConfig: ['Bans', 'bans'],
  BehaviorConfig: ['Behaviour', 'behavior'],
  DetectionConfig: ['Attack detection', 'detection'],
  StateConfig: ['State', 'redis'],
  ModeConfig: ['Mode', 'roll-out'],
  CustomCheckConfig: ['Custom checks', 'custom-checks'],
  ResponseModifierConfig: ['Response modifier', 'custom-checks'],
  SwaggerConfig: ['Swagger', 'swagger'],
  EventsConfig: ['Events', 'events'],
  LogConfig: ['Logs', 'logging'],
  MetricsConfig: ['Metrics', 'metrics'],
};

const INTRODUCTION = `# Configuration

Every field that \`GuardModule.forRoot()\` and \`forRootAsync()\` take. All are optional. Durations are seconds, sizes bytes. Numbers
may be given as numeric strings and booleans as \`'true'\` and \`'false'\`, as environment variables come. Values are checked when the
application starts, and a \`GuardConfigError\` lists [everything that is wrong](errors.md#errors-that-stop-the-start) at once, with
them and with the arguments of decorators. Most fields can be changed [at run time](control.md).

\`\`\`ts
import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';

@Module({
  imports: [
    GuardModule.forRoot({
      trustedProxies: ['10.0.0.0/24'],
      rateLimit: 300,
      redisUrl: process.env.REDIS_URL,
      passiveMode: process.env.GUARD_PASSIVE === 'true',
    }),
  ],
})
export class AppModule {}
\`\`\`

This page is written from the comments in the code.
`;

export async function configurationPage() {
  const text = [INTRODUCTION, ...sections().map(describeSection)].join('\n');
  const target = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));
  return prettier.format(text, { ...(await prettier.resolveConfig(target)), filepath: target });
}

/** The classes of the sections, in the order in which the module lists them. */
function sections() {
  const list = parse(path.join(lib, 'guard.config-sections.ts'));
  const imports = list.statements.filter(ts.isImportDeclaration);
  const fileOf = new Map(
    imports.flatMap(({ importClause, moduleSpecifier }) =>
      importClause.namedBindings.elements.map(({ name }) => [name.text, path.join(lib, `${moduleSpecifier.text}.ts`)]),
    ),
  );
  const names = /GUARD_CONFIG_SECTIONS = \[([^\]]*)\]/.exec(list.text)[1].match(/\w+/g);
  return names.map((name) => parse(fileOf.get(name)).statements.find((node) => node.name?.text === name));
}

function describeSection(section) {
  const known = PAGES[section.name.text];
  if (known === undefined) throw new Error(`scripts/configuration-page.mjs: ${section.name.text} has no page`);
  const [title, page] = known;
  const fields = section.members.filter(
    (node) => ts.isPropertyDeclaration(node) && ts.canHaveDecorators(node) && ts.getDecorators(node),
  );
  return [
    `## ${title}`,
    `${commentOf(section)} See [${titleOf(page)}](${page}.md).`.trim(),
    ...fields.map(describeField),
  ].join('\n\n');
}

function titleOf(page) {
  return readPages()
    .flatMap(({ pages }) => pages)
    .find((entry) => entry.page === page).title;
}

function describeField(field) {
  const [type, value] = [typeOf(field), field.initializer?.getText().replace(/\s+/g, ' ')];
  const text = commentOf(field);
  if (text === '') throw new Error(`${field.getSourceFile().fileName}: ${field.name.text} has no comment`);
  return `### ${field.name.text}\n\n\`${field.name.text}${value === undefined ? '?' : ''}: ${type}${value === undefined ? '' : ` = ${value}`}\`\n\n${text}`;
}

function typeOf({ type, initializer }) {
  if (type !== undefined) return type.getText().replace(/\s+/g, ' ');
  if (ts.isStringLiteral(initializer)) return 'string';
  return ts.isNumericLiteral(initializer) ? 'number' : 'boolean';
}

function commentOf(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(/\{@link (\w+)[^}]*\}/g, '`$1`');
}

function parse(file) {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
}
