import type { FieldProblem } from '../../lib/config/config-problem';

/** A rejected value, where the problem is, what the message says, and what is suggested instead. */
export type ProblemCase = readonly [value: unknown, path: string, message: RegExp, suggestion?: string];

export function expectProblem(found: readonly FieldProblem[], [, path, message, suggestion]: ProblemCase): void {
  expect(found).toHaveLength(1);
  expect(found[0]!.path).toBe(path);
  expect(found[0]!.message).toMatch(message);
  expect(found[0]!.suggestion).toBe(suggestion);
}

/** One test per case: exactly this problem is found. */
export function eachProblem(cases: readonly ProblemCase[], inspect: (value: unknown) => readonly FieldProblem[]): void {
  for (const example of cases) {
    it(`${JSON.stringify(example[0]) ?? String(example[0])} at "${example[1]}"`, () => {
      expectProblem(inspect(example[0]), example);
    });
  }
}
