import { Inject, Injectable } from '@nestjs/common';
import type { CredentialVerifier, GuardedRequest, RequestValidator } from 'nestapi-guard';

export interface Partner {
  readonly name: string;
  /** The most that an order may cost. */
  readonly limit: number;
}

/** Stands for the partners' database. */
@Injectable()
export class Partners {
  private readonly byToken = new Map<string, Partner>([['demo-token-of-acme', { name: 'acme', limit: 1000 }]]);

  find(token: string): Partner | undefined {
    return this.byToken.get(token);
  }

  limitOf(name: string): number {
    return [...this.byToken.values()].find((partner) => partner.name === name)?.limit ?? 0;
  }
}

/** Who sends a token: what it answers is `request.user` from then on. */
@Injectable()
export class PartnerToken implements CredentialVerifier {
  constructor(@Inject(Partners) private readonly partners: Partners) {}

  async verify(token: string): Promise<Partner | undefined> {
    return this.partners.find(token);
  }
}

/** No order above the partner's limit. */
@Injectable()
export class WithinLimit implements RequestValidator {
  constructor(@Inject(Partners) private readonly partners: Partners) {}

  validate({ body, headers }: GuardedRequest) {
    const { total } = (body ?? {}) as { total?: unknown };
    if (typeof total !== 'number') return { status: 400, message: 'An order has a total' };
    const limit = this.partners.limitOf(String(headers['x-partner']));
    return total <= limit || { status: 402, message: `Orders are limited to ${limit}`, reason: 'above the limit' };
  }
}
