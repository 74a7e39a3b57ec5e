import type { IncomingMessage } from 'node:http';
import { Controller, Get, Inject, Post, Req } from '@nestjs/common';
import {
  AllowCountries,
  BlockClouds,
  BlockCountries,
  ClientAddressService,
  ClientCountry,
  CloudRangeService,
  GeoService,
} from 'nestapi-guard';

/** The global rules, and the country as a parameter. */
@Controller('prices')
export class PricesController {
  @Get()
  prices(@ClientCountry() country: string | undefined) {
    return { country: country ?? 'unknown', currency: country === 'CH' ? 'CHF' : country === 'GB' ? 'GBP' : 'EUR' };
  }

  @Get('clearance')
  @BlockCountries(['GB'])
  clearance() {
    return { everything: 'half price' };
  }
}

/** For Switzerland alone: it replaces the global country rule. */
@Controller('ballot')
@AllowCountries(['CH'])
export class BallotController {
  @Get()
  ballot() {
    return { question: 'More holidays?' };
  }
}

/** People sign up from homes and offices; the partner's servers in Ireland are spared. */
@Controller('sign-up')
export class SignUpController {
  @Post()
  @BlockClouds(['AWS:!eu-west-1', 'GCP'])
  signUp() {
    return { welcome: true };
  }
}

/** What the services know. */
@Controller('whoami')
export class WhoAmIController {
  constructor(
    @Inject(ClientAddressService) private readonly addresses: ClientAddressService,
    @Inject(GeoService) private readonly geo: GeoService,
    @Inject(CloudRangeService) private readonly clouds: CloudRangeService,
  ) {}

  @Get()
  whoami(@Req() request: IncomingMessage) {
    const { ip = '' } = this.addresses.of(request);
    return { ip, ...this.geo.lookup(ip), cloud: this.clouds.ownerOf(ip) ?? null };
  }

  @Get('sources')
  sources() {
    return { countries: this.geo.status(), clouds: this.clouds.status() };
  }
}
