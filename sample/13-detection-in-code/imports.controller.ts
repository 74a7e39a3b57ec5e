import { Body, Controller, Get, HttpCode, Inject, NotFoundException, Param, ParseIntPipe, Post } from '@nestjs/common';
import { ApiKeyAuth, CustomValidation, type GuardedRequest } from 'nestapi-guard';
import { Catalogue } from './catalogue';
import { type Import, ImportQueue } from './import-queue.service';

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
    const { id } = this.queue.add(file);
    return { import: id };
  }

  @Get('imports/:id')
  report(@Param('id', ParseIntPipe) id: number): Import {
    const found = this.queue.find(id);
    if (found === undefined) throw new NotFoundException();
    return found;
  }

  @Get('products')
  products() {
    return this.catalogue.products.map(({ sku, name }) => ({ sku, name }));
  }
}
