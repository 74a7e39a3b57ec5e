import { Body, Controller, Get, Inject, Param } from '@nestjs/common';
import { CustomValidation, type GuardedRequest } from 'nestapi-guard';
import { Ledger, type Payment } from './ledger';
import { PaymentWebhook } from './payment-webhook.decorator';

@Controller('payments')
export class PaymentsController {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @PaymentWebhook('received')
  received(@Body() payment: Payment) {
    this.ledger.book(payment);
    return { booked: payment.id };
  }
}

/** What a function can tell needs no class. */
const ownAccount = ({ headers, params }: GuardedRequest) =>
  headers['x-account'] === (params as { account: string }).account || 'Not your account';

@Controller('accounts')
@CustomValidation(ownAccount)
export class AccountsController {
  constructor(@Inject(Ledger) private readonly ledger: Ledger) {}

  @Get(':account')
  balance(@Param('account') account: string) {
    return { account, cents: this.ledger.balanceOf(account) };
  }
}
