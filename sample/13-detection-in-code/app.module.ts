import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { Catalogue } from './catalogue';
import { ImportQueue } from './import-queue.service';
import { ImportsController } from './imports.controller';
import { RowInspector } from './row-inspector.service';

@Module({
  imports: [GuardModule.forRoot()],
  controllers: [ImportsController],
  providers: [Catalogue, ImportQueue, RowInspector],
})
export class AppModule {}
