import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { guardedRequestOf } from './guarded-requests';

const clientIp = createParamDecorator((_: unknown, context: ExecutionContext) => guardedRequestOf(context)?.ip);

/**
 * The canonical address of the client as a parameter of a handler, forwarding headers of trusted proxies considered; undefined
 * where there is none (RPC, unix sockets). In HTTP, GraphQL and WebSocket handlers.
 *
 * @example
 * ```ts
 * @Get('whoami')
 * whoAmI(@ClientIp() ip: string | undefined) {
 *   return { ip };
 * }
 * ```
 */
export const ClientIp = (): ParameterDecorator => clientIp();
