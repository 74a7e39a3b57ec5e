interface NativeClient {
  readonly readyState?: unknown;
  on?(event: 'exception', listener: (body: unknown) => void): void;
  send?(message: string): void;
}

const refusals = new WeakSet<object>();

/** Remembers that a body is a refusal of this module, on its way to a WebSocket client. */
export function markRefusal<T extends object>(body: T): T {
  refusals.add(body);
  return body;
}

/**
 * Delivers refusals to a client of the package `ws`. The default filter of Nest 11 tells them to nobody: it emits an event on
 * the client, which with this package stays on the server. Nest 12 sends them itself and emits nothing.
 */
export function deliverRefusals(client: NativeClient): void {
  client.on?.('exception', (body) => {
    if (typeof body !== 'object' || body === null || !refusals.has(body) || client.readyState !== 1) return;
    client.send?.(JSON.stringify({ event: 'exception', data: body }));
  });
}
