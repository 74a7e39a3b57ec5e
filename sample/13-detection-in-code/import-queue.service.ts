import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Catalogue } from './catalogue';
import { rowsOf } from './csv';
import { type Objection, RowInspector } from './row-inspector.service';

const INBOX = join(__dirname, 'inbox');

export interface ImportReport {
  readonly file: string;
  readonly imported: number;
  readonly quarantined: readonly { readonly line: number; readonly objections: readonly Objection[] }[];
  readonly failed?: boolean;
}

/** Takes files over, one after the other. Stands for a worker of BullMQ, SQS or the like. */
@Injectable()
export class ImportQueue {
  private readonly logger = new Logger(ImportQueue.name);
  private readonly reports: Promise<ImportReport>[] = [];

  constructor(
    @Inject(RowInspector) private readonly inspector: RowInspector,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  /** The number of the import. */
  add(file: string): number {
    const previous: Promise<unknown> = this.reports.at(-1) ?? Promise.resolve();
    return this.reports.push(previous.then(() => this.work(file)));
  }

  /** What came of an import, once it is done. */
  report(number: number): Promise<ImportReport> | undefined {
    return this.reports[number - 1];
  }

  private async work(file: string): Promise<ImportReport> {
    try {
      return this.takeOver(file, await readFile(join(INBOX, file), 'utf8'));
    } catch (error) {
      this.logger.error(error);
      return { file, imported: 0, quarantined: [], failed: true };
    }
  }

  /** No guard has seen these rows: they came by SFTP, not in a request. */
  private takeOver(file: string, text: string): ImportReport {
    const inspected = rowsOf(text).map((row, index) => ({
      row,
      line: index + 2,
      objections: this.inspector.inspect(row),
    }));
    const clean = inspected.filter(({ objections }) => objections.length === 0);
    for (const { row } of clean) this.catalogue.add(row);
    const quarantined = inspected.filter(({ objections }) => objections.length > 0);
    return {
      file,
      imported: clean.length,
      quarantined: quarantined.map(({ line, objections }) => ({ line, objections })),
    };
  }
}
