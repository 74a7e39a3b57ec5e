import type { ServerResponse } from 'node:http';

/** The answers whose clients wait for a 100 (Continue) before they send their bodies (RFC 9110 §10.1.1). */
const awaited = new WeakSet<ServerResponse>();

export function awaitContinue(response: ServerResponse): void {
  awaited.add(response);
}

/** Whether it falls to the caller to see to the 100 of an answer, which it does once. */
export function takeContinue(response: ServerResponse | undefined): boolean {
  return response !== undefined && awaited.delete(response);
}

/** Asks the client for its body, unless it is answered already. */
export function sendContinue(response: ServerResponse): void {
  if (!response.headersSent && !response.writableEnded) response.writeContinue();
}
