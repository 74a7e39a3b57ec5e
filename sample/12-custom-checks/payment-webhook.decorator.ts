import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import {
  applyDecorators,
  type ExecutionContext,
  HttpCode,
  Inject,
  Injectable,
  Post,
  type RawBodyRequest,
} from '@nestjs/common';
import { type GuardedRequest, GuardPolicy, type RequestValidator } from 'nestapi-guard';
import { Ledger } from './ledger';

const SECRET = process.env.WEBHOOK_SECRET ?? 'demo-secret-of-the-payment-provider';

/** Only the payment provider can have signed these bytes. */
@Injectable()
export class SignedByProvider implements RequestValidator {
  validate({ headers }: GuardedRequest, context: ExecutionContext) {
    const { rawBody = '' } = context.switchToHttp().getRequest<RawBodyRequest<IncomingMessage>>();
    const expected = createHmac('sha256', SECRET).update(rawBody).digest();
    const given = Buffer.from(String(headers['x-signature']), 'hex');
    const signed = given.length === expected.length && timingSafeEqual(given, expected);
    return signed || { status: 401, message: 'The signature does not match', reason: 'bad signature' };
  }
}

/** Providers repeat a webhook until it is answered: what is booked is answered again, and not booked again. */
@Injectable()
export class NotBookedYet implements RequestValidator {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  validate({ body }: GuardedRequest) {
    const { id } = body as { id?: unknown };
    if (typeof id !== 'string') return { status: 400, message: 'A payment has an id' };
    return !this.ledger.has(id) || { status: 200, body: { booked: id, repeated: true }, reason: 'repeated' };
  }
}

/** Everything that a webhook of the payment provider has to be, as one decorator of the application. */
export const PaymentWebhook = (path: string) =>
  applyDecorators(
    Post(path),
    HttpCode(200),
    GuardPolicy({
      contentTypeFilter: ['application/json'],
      maxRequestSize: 4096,
      // Asked in this order: of what is not signed nothing else is read.
      customValidation: [SignedByProvider, NotBookedYet],
    }),
  );
