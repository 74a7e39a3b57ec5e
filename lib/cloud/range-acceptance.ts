import type { CloudRanges } from './cloud-ranges';

// In five years of all feeds the largest honest change of one update was 7.2 % less (AWS) and 62 % more (Azure); the
// dishonest one was Google's list published empty for a day (lord-alfred/ipranges, 2025-05-05).
const LEAST = 0.7;
const MOST = 3;
/** What three refreshes in a row agree upon is no accident. */
const CONSISTENT = 3;
const SAME = 0.1;

type Coverage = CloudRanges['coverage'];

/** Judges whether new ranges of a provider may replace the ones in use. */
export class RangeAcceptance {
  private doubted?: Coverage;
  private times = 0;

  /** Why not, or undefined. */
  objection(current: CloudRanges | undefined, next: CloudRanges): string | undefined {
    const change = current && suspiciousChange(current.coverage, next.coverage);
    if (change === undefined) {
      this.forget();
      return undefined;
    }
    this.times = this.doubted && alike(this.doubted, next.coverage) ? this.times + 1 : 1;
    this.doubted = next.coverage;
    if (this.times < CONSISTENT) return `${change} (seen ${this.times} of ${CONSISTENT} times before it is believed)`;
    this.forget();
    return undefined;
  }

  private forget(): void {
    this.doubted = undefined;
    this.times = 0;
  }
}

function suspiciousChange(current: Coverage, next: Coverage): string | undefined {
  for (const [family, name] of [
    ['ipv4', 'IPv4'],
    ['ipv6', 'IPv6'],
  ] as const) {
    if (current[family] === 0) continue;
    const ratio = next[family] / current[family];
    if (ratio < LEAST) return `its ${name} space shrank to ${Math.round(ratio * 100)} %`;
    if (ratio > MOST) return `its ${name} space grew ${Math.round(ratio)} times`;
  }
  return undefined;
}

function alike(a: Coverage, b: Coverage): boolean {
  return (['ipv4', 'ipv6'] as const).every(
    (family) => Math.abs(a[family] - b[family]) <= SAME * Math.max(a[family], b[family]),
  );
}
