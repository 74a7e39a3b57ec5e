import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { ClientAddress } from '../network/client-address';
import { RequestIdentity } from './request-identity';

/**
 * Tells custom code who sent a request, by the same rules as every check.
 *
 * @example
 * ```ts
 * @Controller()
 * class WhoAmIController {
 *   constructor(private readonly addresses: ClientAddressService) {}
 *
 *   @Get('whoami')
 *   whoami(@Req() request: IncomingMessage) {
 *     return this.addresses.of(request);
 *   }
 * }
 * ```
 */
@Injectable()
export class ClientAddressService {
  constructor(@Inject(RequestIdentity) private readonly identity: RequestIdentity) {}

  /** @param request the request of Express, of Fastify or of Node. */
  of(request: IncomingMessage | { readonly raw: IncomingMessage }): ClientAddress {
    return this.identity.addressOf('raw' in request ? request.raw : request);
  }
}
