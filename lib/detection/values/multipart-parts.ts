/** One part of a multipart body as text. */
export interface MultipartPart {
  readonly name: string;
  readonly filename?: string;
  readonly contentType?: string;
  readonly content: string;
}

/** Parts looked at, and characters of a header block. */
const MAX_PARTS = 2000;
const MAX_HEADERS = 8192;

/** The boundary of a `multipart/*` content type, if it names one. */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** Reads a multipart body (RFC 7578) leniently: a missing end, missing blanks and bare line feeds are all accepted. */
export function* multipartParts(text: string, boundary: string): Generator<MultipartPart> {
  const delimiter = `--${boundary}`;
  let at = text.indexOf(delimiter);
  for (let count = 0; at >= 0 && count < MAX_PARTS; count++) {
    const start = at + delimiter.length;
    if (text.startsWith('--', start)) return;
    const next = text.indexOf(delimiter, start);
    const part = text.slice(start, next < 0 ? text.length : next);
    yield readPart(part);
    at = next;
  }
}

function readPart(part: string): MultipartPart {
  const blank = /\r?\n\r?\n/.exec(part.slice(0, MAX_HEADERS));
  const headers = blank ? part.slice(0, blank.index) : part.slice(0, MAX_HEADERS);
  const content = blank ? part.slice(blank.index + blank[0].length).replace(/\r?\n$/, '') : '';
  return { ...readPartHeaders(headers), content };
}

/** What the headers of a part say. */
export function readPartHeaders(headers: string): Omit<MultipartPart, 'content'> {
  const filename = parameter(headers, 'filename');
  const contentType = /content-type:\s{0,20}([^\r\n;]{0,200})/i.exec(headers)?.[1]?.trim();
  return {
    name: parameter(headers, 'name') ?? '',
    ...(filename === undefined ? {} : { filename }),
    ...(contentType === undefined ? {} : { contentType }),
  };
}

function parameter(headers: string, name: string): string | undefined {
  const match = new RegExp(
    `[;\\s]${name}\\*?\\s{0,4}=\\s{0,4}(?:"((?:[^"\\\\\\r\\n]|\\\\.)*)"|([^;\\r\\n]*))`,
    'i',
  ).exec(headers);
  return match?.[1] ?? match?.[2]?.trim();
}
