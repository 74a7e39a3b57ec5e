/**
 * Ends the start of an application with `redisRequired` while Redis cannot be used. Nothing need be wrong with the
 * configuration: the same application may start a minute later.
 *
 * @example
 * ```ts
 * try {
 *   await NestFactory.create(AppModule, { abortOnError: false });
 * } catch (error) {
 *   if (error instanceof RedisRequiredError) console.error(`${error.redis} is not ready: ${error.reason}`);
 * }
 * ```
 */
export class RedisRequiredError extends Error {
  readonly code = 'GUARD_REDIS_REQUIRED';

  constructor(
    /** Where Redis was looked for; without user and password. */
    readonly redis: string,
    /** Why it cannot be used, such as `connection refused (ECONNREFUSED)`. */
    readonly reason: string,
  ) {
    super(
      `nestapi-guard: Redis is required and cannot be used (GUARD_REDIS_REQUIRED, see docs/errors.md#guard_redis_required):\n` +
        `  - ${redis}: ${reason}; start it, or do not require it`,
    );
    this.name = 'RedisRequiredError';
  }
}
