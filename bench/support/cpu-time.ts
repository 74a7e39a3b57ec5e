const ENOUGH_MICROSECONDS = 50_000;
const LARGEST_BATCH = 4096;

/** CPU time of one call, in nanoseconds. */
export function nanosecondsEach(work: (turn: number) => unknown): number {
  const start = process.cpuUsage();
  let turns = 0;
  for (let batch = 1; ; batch = Math.min(2 * batch, LARGEST_BATCH)) {
    for (let i = 0; i < batch; i++) work(turns++);
    const { user, system } = process.cpuUsage(start);
    if (user + system >= ENOUGH_MICROSECONDS) return ((user + system) * 1000) / turns;
  }
}

/** Rounds that do not count: code that is still being compiled costs several times as much. */
const WARM_UP = 3;

/** Lets variants take turns: nanoseconds of a call, for each variant in each round. */
export function takeTurns(
  variants: Record<string, (turn: number) => unknown>,
  rounds: number,
): Record<string, number[]> {
  const figures = Object.fromEntries(Object.keys(variants).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [name, work] of Object.entries(variants)) {
      const each = nanosecondsEach(work);
      if (round >= 0) figures[name]!.push(each);
    }
  }
  return figures;
}
