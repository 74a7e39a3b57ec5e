export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (position - below);
}

/** Median and quartiles. */
export function spread(values) {
  const [low, median, high] = [0.25, 0.5, 0.75].map((q) => quantile(values, q));
  return { low, median, high };
}

/** What the rounds of several variants come to, taken round by round: what disturbs a round disturbs all of them. */
export function paired(combine, ...rounds) {
  return spread(rounds[0].map((_, round) => combine(...rounds.map((values) => values[round]))));
}

export const ratio = (value, to) => paired((a, b) => a / b, value, to);

/** What a variant adds to the bare application, as a ratio to what another one adds. */
export const ratioOfAdditions = (value, other, bare) => paired((a, b, c) => (a - c) / (b - c), value, other, bare);
