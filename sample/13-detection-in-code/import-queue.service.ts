import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { concatMap, Subject } from 'rxjs';
import { Catalogue } from './catalogue';
import { rowsOf } from './csv';
import { type Objection, RowInspector } from './row-inspector.service';

const INBOX = join(__dirname, 'inbox');

export interface Import {
  readonly id: number;
  readonly file: string;
  state: 'waiting' | 'done' | 'failed';
  imported: number;
  readonly quarantined: { readonly line: number; readonly objections: readonly Objection[] }[];
}

/** Files of suppliers, one after the other. Stands for a worker of BullMQ, SQS or the like. */
@Injectable()
export class ImportQueue implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(ImportQueue.name);
  private readonly imports = new Map<number, Import>();
  private readonly jobs = new Subject<Import>();

  constructor(
    @Inject(RowInspector) private readonly inspector: RowInspector,
    @Inject(Catalogue) private readonly catalogue: Catalogue,
  ) {}

  onModuleInit(): void {
    this.jobs.pipe(concatMap((job) => this.work(job))).subscribe();
  }

  onModuleDestroy(): void {
    this.jobs.complete();
  }

  add(file: string): Import {
    const job: Import = { id: this.imports.size + 1, file, state: 'waiting', imported: 0, quarantined: [] };
    this.imports.set(job.id, job);
    this.jobs.next(job);
    return job;
  }

  find(id: number): Import | undefined {
    return this.imports.get(id);
  }

  private async work(job: Import): Promise<void> {
    try {
      this.take(job, await readFile(join(INBOX, job.file), 'utf8'));
      job.state = 'done';
    } catch (error) {
      this.logger.error(error);
      job.state = 'failed';
    }
  }

  /** No guard has seen these rows: they came by SFTP, not in a request. */
  private take(job: Import, text: string): void {
    for (const [index, row] of rowsOf(text).entries()) {
      const objections = this.inspector.inspect(row);
      if (objections.length > 0) job.quarantined.push({ line: index + 2, objections });
      else {
        this.catalogue.add(row);
        job.imported++;
      }
    }
  }
}
