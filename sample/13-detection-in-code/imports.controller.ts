import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Param, ParseIntPipe, Post } from '@nestjs/common';
import { ApiKeyAuth, CustomValidation, type GuardedRequest } from 'nestapi-guard';
import { Catalogue } from './catalogue';
import { ImportQueue, type ImportReport } from './import-queue.service';

const aFileOfTheInbox = ({ body }: GuardedRequest) =>
  /^[\w-]+\.csv$/.test((body as { file?: string }).file ?? '') || { status: 400, message: 'Name a file of the inbox' };

@Controller()
export class ImportsController {
  constructor(
    @Inject(ImportQueue) private readonly queue: ImportQueue,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  @Post('imports')
  @HttpCode(202)
  @ApiKeyAuth({ headerName: 'X-Supplier-Key', keys: ['demo-key-of-the-supplier'] })
  @CustomValidation(aFileOfTheInbox)
  start(@Body() { file }: { file: string }) {
    return { import: this.queue.add(file) };
  }

  @Get('imports/:number')
  async report(@Param('number', ParseIntPipe) number: number): Promise<ImportReport> {
    const report = await this.queue.report(number);
    if (report === undefined) throw new NotFoundException();
    return report;
  }

  @Get('products')
  products() {
    return this.catalogue.products.map(({ sku, name }) => ({ sku, name }));
  }
}
