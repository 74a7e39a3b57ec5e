import { isObject } from './json-log';
import type { Parsed } from './recorded-request';

/** Characters of one entry that are kept: answers are part of it, and may be large. */
const LONGEST_ENTRY = 64 * 1024 * 1024;

const DEPTH_OF_ENTRIES = 3;

/**
 * Finds the entries of a HAR file (`log.entries`) in a stream of text, holding no more than one of them. An entry that is
 * longer than 64 million characters is skipped: undefined stands in its place.
 */
export async function* harEntries(chunks: AsyncIterable<string>): AsyncGenerator<string | undefined> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let key = '';
  let inEntries = false;
  let pieces: string[] | undefined;
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    let stringStart = 0;
    for (let index = 0; index < chunk.length; index++) {
      const code = chunk.charCodeAt(index);
      if (inString) {
        if (escaped) escaped = false;
        else if (code === 92) escaped = true;
        else if (code === 34) {
          inString = false;
          if (depth < DEPTH_OF_ENTRIES && !inEntries) key += chunk.slice(stringStart, index);
        }
        continue;
      }
      if (code === 34) {
        inString = true;
        stringStart = index + 1;
        key = '';
      } else if (code === 123 || code === 91) {
        depth++;
        if (code === 91 && depth === DEPTH_OF_ENTRIES && key === 'entries') inEntries = true;
        if (code === 123 && inEntries && depth === DEPTH_OF_ENTRIES + 1) {
          pieces = [];
          length = 0;
          start = index;
        }
      } else if (code === 125 || code === 93) {
        depth--;
        if (inEntries && depth < DEPTH_OF_ENTRIES) inEntries = false;
        if (pieces !== undefined && depth === DEPTH_OF_ENTRIES) {
          length += index + 1 - start;
          yield length > LONGEST_ENTRY ? undefined : pieces.join('') + chunk.slice(start, index + 1);
          pieces = undefined;
        }
      }
    }
    if (inString && depth < DEPTH_OF_ENTRIES && !inEntries) key += chunk.slice(stringStart);
    if (pieces !== undefined) {
      length += chunk.length - start;
      if (length <= LONGEST_ENTRY) pieces.push(chunk.slice(start));
      else pieces.length = 0;
    }
  }
}

/** One entry of a HAR file. It is the browser's view: it does not know the address that the server sees. */
export function parseHarEntry(text: string): Parsed {
  try {
    const { startedDateTime, request, response } = JSON.parse(text) as Record<string, unknown>;
    if (!isObject(request) || typeof request.method !== 'string' || typeof request.url !== 'string') return undefined;
    const url = new URL(request.url);
    const time = Date.parse(String(startedDateTime));
    const status = isObject(response) ? Number(response.status) || undefined : undefined;
    return {
      time: Number.isNaN(time) ? undefined : time,
      method: request.method,
      target: url.pathname + url.search,
      headers: headersOf(request.headers, url.host),
      body: bodyOf(request.postData),
      secure: url.protocol === 'https:',
      status,
      facets: new Set(['agent', 'referrer', 'headers', 'scheme']),
    };
  } catch {
    return undefined;
  }
}

function headersOf(given: unknown, host: string): string[] {
  const headers: string[] = [];
  for (const header of Array.isArray(given) ? (given as unknown[]) : []) {
    if (!isObject(header) || typeof header.name !== 'string' || typeof header.value !== 'string') continue;
    // Pseudo-headers of HTTP/2 are the request line; the length is that of the body as it is replayed.
    if (header.name.startsWith(':') || header.name.toLowerCase() === 'content-length') continue;
    headers.push(header.name, header.value);
  }
  const named = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  return named ? headers : ['host', host, ...headers];
}

function bodyOf(postData: unknown): string | undefined {
  if (!isObject(postData)) return undefined;
  if (typeof postData.text === 'string' && postData.text !== '') return postData.text;
  if (!Array.isArray(postData.params)) return undefined;
  const pairs = new URLSearchParams();
  for (const param of (postData.params as unknown[]).filter(isObject)) {
    pairs.append(textOf(param.name), textOf(param.value));
  }
  return pairs.toString();
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
