const LONGEST = 120;

/** A label that takes so many values and no more, whatever happens: a time series is for ever. */
export class BoundedLabel {
  private readonly values = new Set<string>();

  constructor(private readonly most: number) {}

  of(value: string | undefined): string {
    if (value === undefined) return 'none';
    const text = value.slice(0, LONGEST);
    if (this.values.has(text)) return text;
    if (this.values.size >= this.most) return 'other';
    this.values.add(text);
    return text;
  }
}
