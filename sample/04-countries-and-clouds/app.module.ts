import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { FeedMirror } from './feed-mirror';
import { BallotController, PricesController, SignUpController, WhoAmIController } from './shop.controller';

@Module({ providers: [FeedMirror], exports: [FeedMirror] })
class FeedMirrorModule {}

@Module({
  imports: [
    GuardModule.forRootAsync({
      imports: [FeedMirrorModule],
      inject: [FeedMirror],
      useFactory: async (mirror: FeedMirror) => ({
        // So that the curl lines of this sample can play clients of other countries. Name your own proxies here.
        trustedProxies: ['loopback'],
        // Countries come from the CC0 database of @ip-location-db/geo-whois-asn-country-mmdb: nothing to configure.
        blockedCountries: ['KP'],
        blockCloudProviders: ['GCP'],
        // An excerpt of the real feeds, so that the sample runs anywhere. Leave it out, and the providers' own are used.
        cloudFeedUrls: await mirror.start(),
      }),
    }),
  ],
  controllers: [PricesController, BallotController, SignUpController, WhoAmIController],
})
export class AppModule {}
