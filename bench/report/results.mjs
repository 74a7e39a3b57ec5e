import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import prettier from 'prettier';
import { chart } from './chart.mjs';
import { document, SUITES } from './document.mjs';

const root = path.resolve(import.meta.dirname, '../..');

/** The figures of the last run of each suite, and the page that is made of them. */
export class Results {
  #figures;
  #page;

  /** @param folder for figures and page alike, in place of `bench/results` and `docs` */
  constructor(folder) {
    this.#figures = folder ?? path.join(root, 'bench/results');
    this.#page = path.join(folder ?? path.join(root, 'docs'), 'benchmarks.md');
  }

  async keep(suite, result) {
    await write(this.#fileOf(suite), JSON.stringify(result));
  }

  /** Writes the page and its chart; returns the path of the page. */
  async publish() {
    const results = Object.fromEntries(
      SUITES.filter((suite) => existsSync(this.#fileOf(suite))).map((suite) => [
        suite,
        JSON.parse(readFileSync(this.#fileOf(suite), 'utf8')),
      ]),
    );
    await write(this.#page, document(results));
    if (results.http) writeFileSync(this.#page.replace(/\.md$/, '.svg'), chart(results.http.figures));
    return path.relative(root, this.#page);
  }

  #fileOf(suite) {
    return path.join(this.#figures, `${suite}.json`);
  }
}

async function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  const style = await prettier.resolveConfig(path.join(root, 'package.json'));
  writeFileSync(file, await prettier.format(text, { ...style, filepath: file }));
}
