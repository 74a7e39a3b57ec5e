import { Module } from '@nestjs/common';
import { type GuardedRequest, type GuardedResponse, GuardModule } from 'nestapi-guard';
import { PartnerController } from './partner.controller';
import { Partners, PartnerToken, WithinLimit } from './partners';

/** Every client says which program it is. */
function namesItself({ headers }: GuardedRequest) {
  return headers['x-client'] === undefined ? { status: 400, message: 'Send an X-Client header' } : undefined;
}

/** One shape for everything, errors included: `{ ok, data }` or `{ ok, error }`; not for the OpenAPI document. */
function envelope(response: GuardedResponse): void {
  if (response.request?.excluded) return;
  const { body } = response;
  response.body = response.status < 400 ? { ok: true, data: body } : { ok: false, error: body };
  response.headers['x-api-version'] = '2';
}

@Module({
  imports: [
    GuardModule.forRoot({
      // So that curl can play other clients. In production, name your own proxies here.
      trustedProxies: ['loopback'],
      customRequestCheck: namesItself,
      customResponseModifier: envelope,
      // Suspicious messages are looked at by people, see `contact`.
      checkModes: { penetration: 'dry-run' },
      logRequestLevel: 'INFO',
      logSensitive: { bodyFields: ['vatNumber'] },
      excludePaths: ['/openapi.json'],
    }),
  ],
  controllers: [PartnerController],
  providers: [Partners, PartnerToken, WithinLimit],
})
export class AppModule {}
