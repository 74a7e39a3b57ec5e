import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DetectionService } from 'nestapi-guard';
import type { Row } from './catalogue';

/** Why a row is not taken over: in which column, and what it looks like. */
export interface Objection {
  readonly column: string;
  readonly category: string;
}

/** Looks at what suppliers send as the guard looks at requests. */
@Injectable()
export class RowInspector implements OnModuleInit {
  constructor(@Inject(DetectionService) private readonly detection: DetectionService) {}

  /** Spreadsheets run a cell that begins like this. From now on the guard looks for it in the bodies of requests, too. */
  async onModuleInit(): Promise<void> {
    await this.detection.addPattern(/^[=@+-]\s*(?:HYPERLINK|WEBSERVICE|IMPORTXML|cmd\|)/i, { sources: ['body'] });
  }

  inspect(row: Row): Objection[] {
    return Object.entries(row).flatMap(([column, text]) => {
      const { threats } = this.detection.inspectValue(text);
      return [...new Set(threats.map(({ category }) => category))].map((category) => ({ column, category }));
    });
  }
}
