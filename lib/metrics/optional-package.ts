import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Loads an optional peer when it is asked for, seen from this package or from the application: a linked copy of this package
 * does not see what the application has installed.
 *
 * @throws Error that says what to install.
 */
export function loadPackage(name: string, neededBy: string): unknown {
  for (const place of [__filename, join(process.cwd(), 'package.json')]) {
    try {
      return createRequire(place)(name) as unknown;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  throw new Error(`${neededBy} needs the package ${name}: npm install ${name}`);
}
