import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { Ledger } from './ledger';
import { Maintenance, MaintenanceController } from './maintenance';
import { NotBookedYet, SignedByProvider } from './payment-webhook.decorator';
import { AccountsController, PaymentsController } from './payments.controller';

@Module({
  imports: [
    GuardModule.forRoot({
      // So that the curl lines of this sample can play other clients. In production, name your own proxies here.
      trustedProxies: ['loopback'],
      customRequestCheck: Maintenance,
    }),
  ],
  controllers: [PaymentsController, AccountsController, MaintenanceController],
  providers: [Ledger, Maintenance, NotBookedYet, SignedByProvider],
})
export class AppModule {}
