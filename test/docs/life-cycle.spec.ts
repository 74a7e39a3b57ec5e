import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Test } from '@nestjs/testing';
import { CHECK_NAMES, GuardModule } from 'nestapi-guard';
import { SECURITY_CHECKS, type SecurityCheck, type Stage } from '../../lib/policy/security-check';
import { root } from './code-block';

const page = readFileSync(path.join(root, 'docs/request-life-cycle.md'), 'utf8');

/** The names of checks that a part of the page has in the first column of its table, or, of the guards, in a guard's row. */
const FOUND: Record<Stage, string[]> = {
  door: rows(between('## Door', '## Arrival')),
  arrival: rows(between('## Arrival', '## Guards')),
  access: checksIn(guard('AccessGuard')),
  limits: checksIn(guard('RateLimitGuard')),
  detection: checksIn(guard('DetectionGuard')),
};

function between(start: string, end: string): string {
  return page.slice(page.indexOf(`${start}\n`), page.indexOf(`${end}\n`));
}

function rows(text: string): string[] {
  return [...text.matchAll(/^ *\| `(\w+)`/gm)].map(([, name]) => name!);
}

function guard(name: string): string {
  return new RegExp(`^\\| \`${name}\`.*$`, 'm').exec(page)![0];
}

function checksIn(text: string): string[] {
  return [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!).filter((name) => CHECK_NAMES.includes(name as never));
}

describe('docs/request-life-cycle.md', () => {
  let asked: Record<Stage, string[]>;
  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [GuardModule.forRoot()] }).compile();
    const checks = module.get<readonly SecurityCheck[]>(SECURITY_CHECKS, { strict: false });
    const inOrder = CHECK_NAMES.flatMap((name) => checks.filter((check) => check.name === name));
    const of = (...stages: Stage[]) => [
      ...new Set(inOrder.filter(({ stage }) => stages.includes(stage)).map(({ name }) => name)),
    ];
    asked = {
      // What detection does at the door refuses nothing, and is told of below the table.
      door: of('door').filter((name) => name !== 'penetration'),
      arrival: of('arrival'),
      access: of('arrival', 'access'),
      limits: of('limits'),
      detection: of('detection'),
    };
    await module.close();
  });

  it.each(Object.keys(FOUND) as Stage[])('names the checks of %s in their order', (stage) => {
    expect(FOUND[stage]).toEqual(asked[stage]);
  });
});
