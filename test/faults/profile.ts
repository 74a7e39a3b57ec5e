/** `FAULTS=short`, as in the test command, has fewer rounds of the same; everything else is the whole suite. */
const SHORT = process.env.FAULTS === 'short';

/** What the whole suite does, or what the short one does instead of it. */
export function rounds<T>(whole: T, short: T): T {
  return SHORT ? short : whole;
}

/** What a longer run is asked for by, such as `SOAK_MINUTES=30`. */
export function asked(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`${variable} must be a number above 0, not ${JSON.stringify(text)}`);
  return number;
}
