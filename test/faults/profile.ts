/** `FAULTS=short`, as in the test command, has fewer rounds of the same; everything else is the whole suite. */
const SHORT = process.env.FAULTS === 'short';

/** What the whole suite does, or what the short one does instead of it. */
export function rounds<T>(whole: T, short: T): T {
  return SHORT ? short : whole;
}

/** All cases, or those of the short suite. */
export function cases<Case extends readonly [name: string, ...rest: unknown[]]>(
  all: readonly Case[],
  inShort: RegExp,
): readonly Case[] {
  return all.filter(([name]) => !SHORT || inShort.test(name));
}

/** What a longer run is asked for by, such as `SOAK_MINUTES=30`. */
export function asked(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`${variable} must be a number above 0, not ${JSON.stringify(text)}`);
  return number;
}

/**
 * For figures of time and memory, in which others have a share: what misses one is measured again, and has missed it when it
 * does so three times in a row. Never for what was answered.
 */
export async function thrice(measure: () => Promise<() => void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const judge = await measure();
    try {
      return judge();
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** Tells a figure that was measured, for docs/reliability.md; the short suite has none that are worth telling. */
export function measured(fault: string, figures: Readonly<Record<string, number | readonly number[]>>): void {
  if (SHORT) return;
  const texts = Object.entries(figures).map(([name, figure]) => `${name} ${[figure].flat().map(rounded).join(', ')}`);
  process.stdout.write(`  ${fault}: ${texts.join('; ')}\n`);
}

const rounded = (figure: number): string => String(Number(figure.toFixed(2)));
