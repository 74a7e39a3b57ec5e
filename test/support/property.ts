import fc from 'fast-check';

/**
 * `PROPERTY_RUNS=100` makes every property a hundred times as long. `PROPERTY_SEED` repeats a run whose seed a failure
 * has printed.
 */
const factor = positive('PROPERTY_RUNS') ?? 1;
const seed = process.env.PROPERTY_SEED === undefined ? undefined : Number(process.env.PROPERTY_SEED);

function positive(variable: string): number | undefined {
  const text = process.env[variable];
  if (text === undefined || text === '') return undefined;
  const number = Number(text);
  if (!(number > 0)) throw new RangeError(`${variable} must be a number above 0, not ${JSON.stringify(text)}`);
  return number;
}

/** Parameters for `fc.assert`: so many runs in the normal test command. */
export function runs<Ts>(usual: number): fc.Parameters<Ts> {
  return { numRuns: Math.max(1, Math.round(usual * factor)), ...(seed === undefined ? {} : { seed }) };
}

/** What a property may take, in milliseconds: `usual` in the normal test command. */
export function patience(usual = 20_000): number {
  return usual * Math.max(1, factor);
}

/** Like `expect(actual).toBe(expected)`, which takes longer than most of what is asked here hundreds of thousands of times. */
export function same(actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) throw new Error(`expected ${fc.stringify(expected)}, not ${fc.stringify(actual)}`);
}

/** The 32 or 128 bits of an address, with the values at which parsers and masks go wrong well represented. */
const octet = fc.oneof(fc.constantFrom(0, 1, 10, 127, 128, 192, 255), fc.integer({ min: 0, max: 255 }));
const group = fc.oneof(fc.constantFrom(0, 0, 1, 0xffff, 0xfe80, 0x2001), fc.integer({ min: 0, max: 0xffff }));

export const ipv4Text = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));

const groups = fc.array(group, { minLength: 8, maxLength: 8 });

/** An IPv6 address in one of its many spellings. */
export const ipv6Text = fc
  .tuple(groups, fc.boolean(), fc.boolean(), fc.boolean(), fc.nat({ max: 7 }), fc.nat({ max: 8 }))
  .map(([values, upper, padded, dotted, from, length]) => {
    const shown = [...values];
    const gap = Math.min(length, 8 - from);
    // A gap stands for zeros; making them so keeps the text an address.
    shown.fill(0, from, from + gap);
    let words = shown.map((value) => value.toString(16).padStart(padded ? 4 : 0, '0'));
    if (dotted) {
      const [high = 0, low = 0] = shown.slice(6);
      words = [...words.slice(0, 6), `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`];
    }
    const end = from + gap;
    const text =
      gap > 0 && end <= words.length && !(dotted && end > 6)
        ? `${words.slice(0, from).join(':')}::${words.slice(end).join(':')}`
        : words.join(':');
    return upper ? text.toUpperCase() : text;
  });

/** An IPv4 address as a dual-stack listener reports it. */
export const mappedText = fc
  .tuple(ipv4Text, fc.constantFrom('::ffff:', '::FFFF:', '0:0:0:0:0:ffff:', '0000::ffff:'))
  .map(([ipv4, head]) => head + ipv4);

export const addressText = fc.oneof(ipv4Text, ipv6Text, mappedText);

const NOISE = [
  '0',
  '00',
  '1',
  'f',
  'g',
  '.',
  ':',
  '::',
  '/',
  '%',
  ' ',
  '[',
  ']',
  '-',
  'x',
  '256',
  '１',
  '\0',
  '1.2.3.4',
];

/** An address with something put in, taken out or doubled: what a strict parser must tell from an address. */
export const nearlyAddress = fc
  .tuple(addressText, fc.nat(), fc.constantFrom('insert', 'remove', 'double'), fc.constantFrom(...NOISE))
  .map(([text, random, edit, noise]) => {
    const at = random % (text.length + 1);
    if (edit === 'insert') return text.slice(0, at) + noise + text.slice(at);
    if (edit === 'remove') return text.slice(0, at) + text.slice(at + 1);
    return text.slice(0, at) + text.slice(0, at).slice(-2) + text.slice(at);
  });
