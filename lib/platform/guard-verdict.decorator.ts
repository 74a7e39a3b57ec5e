import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { guardedRequestOf } from './guarded-requests';

const guardVerdict = createParamDecorator(
  (_: unknown, context: ExecutionContext) => guardedRequestOf(context)?.verdict,
);

/**
 * What the guard came to about the request, as a parameter of a handler, see `RequestVerdict`: above all what it would have
 * been refused for in `passiveMode` and `dry-run`. In HTTP, GraphQL and WebSocket handlers.
 *
 * @example
 * ```ts
 * @Post('comments')
 * comment(@GuardVerdict() verdict: RequestVerdict) {
 *   return { held: verdict.wouldRefuse.some(({ check }) => check === 'penetration') };
 * }
 * ```
 */
export const GuardVerdict = (): ParameterDecorator => guardVerdict();
