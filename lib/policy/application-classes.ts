import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { type ConfigProblem, GuardConfigError } from '../config/config-problem';

/** A class that Nest has to provide. */
export interface ApplicationClass {
  readonly type: Type;
  /** The handler and decorator, or the field of the configuration. */
  readonly where: string;
  /** What to do when it cannot be had. */
  readonly remedy: string;
  /** Gets an instance, or throws. */
  find(): unknown;
}

/** The classes of the application that its configuration and its decorators name instead of functions. */
@Injectable()
export class ApplicationClasses implements OnModuleInit {
  /** By where they are named, in the order of the controllers. */
  private readonly expected = new Map<string, ApplicationClass[]>();

  /** Has the start fail when there is no instance of it. */
  expect(wanted: ApplicationClass): void {
    const others = this.expected.get(wanted.where) ?? [];
    if (others.some(({ type }) => type === wanted.type)) return;
    this.expected.set(wanted.where, [...others, wanted]);
  }

  /** By now the application's providers exist. */
  async onModuleInit(): Promise<void> {
    const problems: ConfigProblem[] = [];
    // One after the other: a class that is named twice is made once.
    for (const wanted of [...this.expected.values()].flat()) problems.push(...(await problemsOf(wanted)));
    if (problems.length === 0) return;
    const ofDecorators = problems.filter(({ path }) => path.includes('@'));
    if (ofDecorators.length === problems.length) throw new GuardConfigError(problems, 'GUARD_DECORATOR_INVALID');
    throw new GuardConfigError([...problems.filter((problem) => !ofDecorators.includes(problem)), ...ofDecorators]);
  }
}

async function problemsOf({ type, where, remedy, find }: ApplicationClass): Promise<ConfigProblem[]> {
  try {
    await find();
    return [];
  } catch (error) {
    const [reason] = String((error as Error).message).split('\n');
    return [{ path: where, value: type, message: `${remedy} (${reason})` }];
  }
}
