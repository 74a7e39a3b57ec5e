import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Type } from '@nestjs/common';
import { CommandError } from './command';

/** What `@Module()` leaves on a class. */
const MODULE_KEYS = ['imports', 'controllers', 'providers', 'exports'];

/**
 * The module class of a compiled file, CommonJS or ES module: its export `AppModule`, or the only one that is a module.
 *
 * @throws CommandError when the file cannot be loaded, or holds no such class
 */
export async function loadModuleClass(file: string): Promise<Type> {
  const exported = await loadFile(file);
  const modules = Object.entries(exported).filter((entry): entry is [string, Type] => isModule(entry[1]));
  const named = modules.find(([name]) => name === 'AppModule');
  const distinct = [...new Set(modules.map(([, type]) => type))];
  const found = named?.[1] ?? (distinct.length === 1 ? distinct[0] : undefined);
  if (found !== undefined) return found;
  const names = modules.map(([name]) => name).join(', ');
  throw new CommandError(
    modules.length === 0
      ? `${file} exports no Nest module; name the compiled file of the root module, such as dist/app.module.js`
      : `${file} exports several modules (${names}), none of which is called AppModule`,
  );
}

/**
 * A configuration: a JSON file, or the export `config`, `guardConfig` or default of a module, or what such a function returns.
 *
 * @throws CommandError when there is none
 */
export async function loadConfig(file: string): Promise<object> {
  const value: unknown = file.endsWith('.json') ? readJson(file) : await configOf(await loadFile(file));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new CommandError(`${file} holds no configuration: it is a JSON object, or a module that exports one as config`);
}

async function configOf({ config, guardConfig, default: byDefault }: Record<string, unknown>): Promise<unknown> {
  const found = config ?? guardConfig ?? byDefault;
  return typeof found === 'function' ? await (found as () => unknown)() : found;
}

async function loadFile(file: string): Promise<Record<string, unknown>> {
  const absolute = existing(file);
  if (/\.[cm]?tsx?$/.test(absolute)) throw new CommandError(`${file} is TypeScript; name the compiled file`);
  try {
    const loaded = (await import(pathToFileURL(absolute).href)) as Record<string, unknown>;
    // The exports of a CommonJS module are its default export, and names of theirs where Node could tell them.
    const { default: byDefault } = loaded;
    const inner = typeof byDefault === 'object' && byDefault !== null ? (byDefault as Record<string, unknown>) : {};
    return { ...loaded, ...inner };
  } catch (error) {
    throw new CommandError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(existing(file), 'utf8'));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`${file} is no JSON: ${(error as Error).message}`);
  }
}

function existing(file: string): string {
  const absolute = path.resolve(file);
  if (!existsSync(absolute)) throw new CommandError(`${file} does not exist`);
  return absolute;
}

function isModule(value: unknown): boolean {
  return typeof value === 'function' && MODULE_KEYS.some((key) => Reflect.hasMetadata(key, value));
}
