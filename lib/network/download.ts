import { isLoopback, parseHostAddress } from './ip-address';

/** A download that was refused or given up, in words that carry no token: never the query of an address. */
export class DownloadFailed extends Error {
  override readonly name = 'DownloadFailed';

  constructor(
    message: string,
    /** The status of the answer, when there was one. */
    readonly status?: number,
  ) {
    super(message);
  }
}

export interface DownloadOptions {
  /** Bytes of the decoded body beyond which the download is given up. */
  readonly maxBytes: number;
  /** Milliseconds for everything: redirects, a server that sends a byte a second, and the body. */
  readonly timeoutMs: number;
  /** Sent to the origin of the first address only: a redirect must not carry a token elsewhere. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses to hand over; every other one fails the download. Default 200. */
  readonly statuses?: readonly number[];
  readonly signal?: AbortSignal;
}

export interface DownloadAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly url: URL;
  /** The body in pieces; throws beyond `maxBytes`. */
  readonly body: AsyncIterable<Uint8Array>;
}

const MAX_REDIRECTS = 3;

/**
 * Reads one answer over https, bounded in bytes, time and redirects. Plain http is accepted from this machine only
 * (`localhost`, 127.0.0.0/8, `::1`): a mirror beside the application, or a test.
 */
export async function download<T>(
  address: string,
  options: DownloadOptions,
  receive: (answer: DownloadAnswer) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const cancel = () => stop.abort(new DownloadFailed('the download was cancelled'));
  options.signal?.addEventListener('abort', cancel, { once: true });
  if (options.signal?.aborted) cancel();
  const seconds = options.timeoutMs / 1000;
  const late = new DownloadFailed(`${withoutQuery(address)} did not answer completely within ${seconds} s`);
  const timer = setTimeout(() => stop.abort(late), options.timeoutMs).unref();
  try {
    const { response, url } = await follow(parseUrl(address), options, stop.signal);
    const body = bounded(response, url, options.maxBytes);
    return await receive({ status: response.status, headers: response.headers, url, body });
  } catch (error) {
    if (stop.signal.aborted) throw stop.signal.reason as DownloadFailed;
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', cancel);
    stop.abort(new DownloadFailed('the download is over'));
  }
}

/** The whole body as text. */
export async function downloadText(address: string, options: DownloadOptions): Promise<string> {
  return download(address, options, async ({ body }) => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of body) text += decoder.decode(chunk, { stream: true });
    return text + decoder.decode();
  });
}

/** Whether an address may be downloaded from: https, or http on this machine. */
export function isDownloadable(address: string): boolean {
  const url = readUrl(address);
  return url !== undefined && isAcceptable(url);
}

function isAcceptable(url: URL): boolean {
  if (url.protocol === 'https:') return true;
  if (url.protocol !== 'http:') return false;
  const ip = parseHostAddress(url.hostname);
  return url.hostname === 'localhost' || (ip !== undefined && isLoopback(ip));
}

function parseUrl(address: string): URL {
  if (!isDownloadable(address)) throw new DownloadFailed(`${withoutQuery(address)} is not an https address`);
  return new URL(address);
}

// Not URL.canParse: on Node 20.20 its optimised form says no to addresses with non-ASCII letters.
function readUrl(address: string, base?: URL): URL | undefined {
  try {
    return new URL(address, base);
  } catch {
    return undefined;
  }
}

async function follow(
  start: URL,
  { headers = {}, statuses = [200] }: DownloadOptions,
  signal: AbortSignal,
): Promise<{ response: Response; url: URL }> {
  let url = start;
  for (let redirects = 0; ; redirects++) {
    const response = await request(url, url.origin === start.origin ? headers : {}, signal);
    if (statuses.includes(response.status)) return { response, url };
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      throw new DownloadFailed(`${withoutQuery(url.href)} answered ${response.status}`, response.status);
    }
    if (redirects === MAX_REDIRECTS) {
      throw new DownloadFailed(`${withoutQuery(start.href)} redirects more than ${MAX_REDIRECTS} times`);
    }
    await response.body?.cancel();
    const next = readUrl(location, url);
    if (!next || !isAcceptable(next) || (url.protocol === 'https:' && next.protocol !== 'https:')) {
      throw new DownloadFailed(`${withoutQuery(url.href)} redirects to an address that is not https`);
    }
    url = next;
  }
}

async function request(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, { headers: { 'user-agent': 'nestapi-guard', ...headers }, redirect: 'manual', signal });
  } catch (error) {
    if (signal.aborted) throw error;
    const cause = (error as { cause?: { code?: string; message?: string } }).cause;
    throw new DownloadFailed(
      `${withoutQuery(url.href)} cannot be reached (${cause?.code ?? cause?.message ?? 'network'})`,
    );
  }
}

async function* bounded(response: Response, url: URL, maxBytes: number): AsyncGenerator<Uint8Array> {
  const tooLarge = () => new DownloadFailed(`${withoutQuery(url.href)} sent more than ${maxBytes} bytes`);
  if (Number(response.headers.get('content-length')) > maxBytes) throw tooLarge();
  if (!response.body) return;
  let bytes = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DownloadFailed) throw error;
    throw new DownloadFailed(`${withoutQuery(url.href)} broke off after ${bytes} bytes`);
  }
}

/** An address as it may be logged: tokens travel in queries and in user information. */
export function withoutQuery(address: string): string {
  const url = readUrl(address);
  if (url === undefined) return 'the configured address';
  const { protocol, host, pathname } = url;
  return `${protocol}//${host}${pathname}`;
}
