import { policyDecorator } from '../policy/policy-decorator';

declare module '../policy/route-policy' {
  interface RoutePolicy {
    maxRequestSize?: number;
  }
}

/**
 * Refuses larger bodies with 413 and closes the connection. Counts what `Content-Length` declares, before any of the body is
 * read; otherwise the bytes as they are read, and those that they are decompressed to.
 *
 * It can only tighten: the body parser has a limit of its own (Express 100 kB, Fastify 1 MiB unless configured otherwise).
 *
 * @param bytes 0 or more; 0 admits no body at all. Anything but a whole number stops the boot.
 *
 * @example
 * ```ts
 * @Post('comments')
 * @MaxRequestSize(16_384)
 * comment() {
 *   return { stored: true };
 * }
 * ```
 */
export const MaxRequestSize = policyDecorator((bytes: number) => ({ maxRequestSize: bytes }));
