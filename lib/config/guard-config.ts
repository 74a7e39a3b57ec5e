/**
 * The resolved configuration of the module: every field present, validated, defaults filled in. Injectable.
 *
 * Its fields are declared by the sections of the rooms that they belong to (`RateLimitConfig`, `AddressRulesConfig` …).
 * The object is live: {@link GuardControl.updateConfig} changes it in place.
 *
 * @example
 * ```ts
 * @Injectable()
 * class Limits {
 *   constructor(private readonly config: GuardConfig) {}
 *   perMinute() {
 *     return (this.config.rateLimit * 60) / this.config.rateLimitWindow;
 *   }
 * }
 * ```
 */
// The fields come from interface merging, see the `*.config.ts` file of each room.
export class GuardConfig {}

/** Numbers may be given as numeric strings and booleans as `'true'`/`'false'`, as environment variables come. */
type Loose<T> = T extends number
  ? T | `${number}`
  : T extends boolean
    ? T | 'true' | 'false'
    : T extends readonly [number, number]
      ? { [Index in keyof T]: Loose<T[Index]> }
      : string extends keyof T
        ? { [Key in keyof T]: Loose<T[Key]> }
        : T extends (infer Entry)[]
          ? readonly Entry[]
          : T;

/** What `GuardModule.forRoot()` accepts: every field is optional. */
export type GuardConfigInput = { [Field in keyof GuardConfig]?: Loose<GuardConfig[Field]> | undefined };
