import { Injectable } from '@nestjs/common';

export interface Payment {
  readonly id: string;
  readonly account: string;
  readonly cents: number;
}

/** What has been paid. Stands for the shop's database. */
@Injectable()
export class Ledger {
  private readonly payments = new Map<string, Payment>();

  book(payment: Payment): void {
    this.payments.set(payment.id, payment);
  }

  has(id: string): boolean {
    return this.payments.has(id);
  }

  balanceOf(account: string): number {
    const paid = [...this.payments.values()].filter((payment) => payment.account === account);
    return paid.reduce((sum, { cents }) => sum + cents, 0);
  }
}
