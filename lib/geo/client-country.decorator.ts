import { createParamDecorator, type ExecutionContext, Inject, Injectable, type PipeTransform } from '@nestjs/common';
import { GuardedRequests } from '../platform/guarded-requests';
import { GeoService } from './geo.service';

/** A parameter decorator has no injection of its own; a pipe has. */
@Injectable()
export class ClientCountryPipe implements PipeTransform<ExecutionContext, Promise<string | undefined>> {
  constructor(
    @Inject(GeoService) private readonly geo: GeoService,
    @Inject(GuardedRequests) private readonly requests: GuardedRequests,
  ) {}

  async transform(context: ExecutionContext): Promise<string | undefined> {
    const { ip } = this.requests.of(context);
    return ip === undefined ? undefined : this.geo.resolve(ip);
  }
}

const contextOf = createParamDecorator((_: unknown, context: ExecutionContext) => context);

/**
 * The country of the client as a parameter of a handler: an upper-case ISO 3166-1 alpha-2 code, or undefined when the
 * address is private or unknown.
 *
 * @example
 * ```ts
 * @Get('prices')
 * prices(@ClientCountry() country: string | undefined) {
 *   return { currency: country === 'CH' ? 'CHF' : 'EUR' };
 * }
 * ```
 */
export const ClientCountry = (): ParameterDecorator => contextOf(ClientCountryPipe);
