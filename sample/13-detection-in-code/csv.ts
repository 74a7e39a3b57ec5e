import type { Row } from './catalogue';

/** The rows of a CSV file; quoted fields may hold commas and, doubled, quotes. */
export function rowsOf(text: string): Row[] {
  const [columns = [], ...lines] = text.trim().split(/\r?\n/).map(fieldsOf);
  return lines.map((fields) => Object.fromEntries(columns.map((column, index) => [column, fields[index] ?? ''])));
}

function fieldsOf(line: string): string[] {
  const fields = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...fields].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '');
}
