/** A small seeded generator (mulberry32), so that a failing random case can be run again. */
export class SeededRandom {
  constructor(private state: number) {}

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(items: ArrayLike<T>): T {
    return items[this.int(items.length)]!;
  }

  text(alphabet: string, most: number): string {
    return Array.from({ length: this.int(most + 1) }, () => this.pick(alphabet)).join('');
  }

  ipv4(): string {
    return Array.from({ length: 4 }, () => this.pick([0, 1, 10, 127, 192, 255, this.int(256)])).join('.');
  }

  /** An IPv6 address with many zero groups, written in one of its many ways. */
  ipv6(): string {
    const groups = Array.from({ length: 8 }, () => (this.int(2) ? 0 : this.int(0x10000)));
    const text = groups.map((group) => group.toString(16).padStart(this.int(5), '0'));
    if (this.int(4) === 0) text.splice(6, 2, this.ipv4());
    if (this.int(2)) {
      const from = this.int(text.length);
      const length = 1 + this.int(text.length - from);
      return `${text.slice(0, from).join(':')}::${text.slice(from + length).join(':')}`;
    }
    return this.int(2) ? text.join(':') : text.join(':').toUpperCase();
  }
}
