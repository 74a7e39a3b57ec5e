import type { OutgoingHttpHeader, ServerResponse } from 'node:http';
import { appendVary } from './header-syntax';

type HeadArguments = [status: number, ...rest: unknown[]];

/**
 * Keeps field names in `Vary`, whatever the application and its plugins make of that header until it is sent: a cache that
 * does not know that an answer is meant for one origin hands it to the next.
 */
export function keepVary(response: ServerResponse, fields: string): void {
  response.setHeader('Vary', appendVary(response.getHeader('Vary'), fields));
  const writeHead = response.writeHead.bind(response) as (...args: HeadArguments) => ServerResponse;
  // Called for every answer, by Node itself where nobody else does. What Fastify sets by `reply.header()` arrives here.
  response.writeHead = (...args: HeadArguments) => {
    const last = args.length - 1;
    const headers = args[last];
    if (Array.isArray(headers)) args[last] = withFields(headers as unknown[], fields);
    else if (typeof headers === 'object' && headers !== null) args[last] = withField(headers, fields);
    response.setHeader('Vary', appendVary(response.getHeader('Vary'), fields));
    return writeHead(...args);
  };
}

function withField(headers: object, fields: string): object {
  const name = Object.keys(headers).find(isVary);
  if (name === undefined) return headers;
  return { ...headers, [name]: appendVary((headers as Record<string, OutgoingHttpHeader>)[name], fields) };
}

/** `[name, value, …]`, or pairs of them, as `writeHead` takes both. */
function withFields(headers: readonly unknown[], fields: string): unknown[] {
  return headers.map((entry, index) => {
    if (Array.isArray(entry))
      return isVary(entry[0]) ? [entry[0], appendVary(entry[1] as string, fields)] : (entry as unknown);
    return index % 2 === 1 && isVary(headers[index - 1]) ? appendVary(entry as string, fields) : entry;
  });
}

function isVary(name: unknown): boolean {
  return typeof name === 'string' && name.length === 4 && name.toLowerCase() === 'vary';
}
