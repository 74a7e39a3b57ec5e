import { type GuardedRequest } from '../platform/guarded-request';
import { type InspectedRequest } from './detection.types';

/** Uploads as multer leaves them on a request. */
interface Uploads {
  readonly file?: unknown;
  readonly files?: unknown;
  readonly rawBody?: unknown;
}

/** A guarded request as the engine reads it. Of a message only the payload is new: its connection was inspected when it came. */
export function viewOf(request: GuardedRequest, rawBody?: string): InspectedRequest {
  const { kind, body } = request;
  if (kind === 'ws' || kind === 'rpc') return { method: '', path: '', query: '', headers: {}, body };
  const uploads = request.framework as Uploads | undefined;
  return {
    method: request.method,
    path: request.path,
    query: request.rawQuery,
    headers: request.headers,
    body,
    rawBody: rawBody ?? textOf(uploads?.rawBody),
    contentType: request.headers['content-type'],
    files: uploads?.file === undefined && uploads?.files === undefined ? undefined : filesOf(uploads),
  };
}

function textOf(bytes: unknown): string | undefined {
  return Buffer.isBuffer(bytes) && bytes.length <= 1_048_576 ? bytes.toString('utf8') : undefined;
}

function filesOf({ file, files }: Uploads): NonNullable<InspectedRequest['files']> {
  const listed = Array.isArray(files)
    ? (files as unknown[])
    : typeof files === 'object' && files !== null
      ? Object.values(files as Record<string, unknown>).flat()
      : [];
  return [file, ...listed]
    .filter(isUpload)
    .map(({ fieldname, originalname }) => ({ field: fieldname, filename: originalname }));
}

function isUpload(value: unknown): value is { fieldname: string; originalname: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'fieldname' in value &&
    'originalname' in value &&
    typeof value.originalname === 'string'
  );
}
