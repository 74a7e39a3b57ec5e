import { createParamDecorator, type ExecutionContext, Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { guardedRequestOf } from '../platform/guarded-requests';
import { GeoService } from './geo.service';

/** A parameter decorator has no injection of its own; a pipe has. */
@Injectable()
export class ClientCountryPipe implements PipeTransform<string | undefined, Promise<string | undefined>> {
  constructor(@Inject(GeoService) private readonly geo: GeoService) {}

  async transform(ip: string | undefined): Promise<string | undefined> {
    return ip === undefined ? undefined : this.geo.resolve(ip);
  }
}

const clientIp = createParamDecorator((_: unknown, context: ExecutionContext) => guardedRequestOf(context)?.ip);

/**
 * The country of the client as a parameter of a handler: an upper-case ISO 3166-1 alpha-2 code, or undefined when the
 * address is private or unknown. In HTTP, GraphQL and WebSocket handlers.
 *
 * @example
 * ```ts
 * @Get('prices')
 * prices(@ClientCountry() country: string | undefined) {
 *   return { currency: country === 'CH' ? 'CHF' : 'EUR' };
 * }
 * ```
 */
export const ClientCountry = (): ParameterDecorator => clientIp(ClientCountryPipe);
