import type { IncomingMessage, ServerResponse } from 'node:http';

/** Milliseconds for which a connection that is being closed is still read. */
const LINGER = 1000;

/**
 * Has the connection closed once the answer is sent, although the client may still be sending. It is read, and nothing kept of
 * it, for a moment longer: closing with unread bytes resets the connection, and a client that is reset while it sends may
 * never see the answer (RFC 9112 §9.6).
 */
export function closeAfterAnswer(raw: IncomingMessage, response: ServerResponse): void {
  if (response.headersSent) return;
  if (raw.httpVersionMajor >= 2) {
    // Other streams of the connection go on (RFC 9113 §8.1).
    const { stream } = raw as IncomingMessage & { stream: { close(): void } };
    response.once('finish', () => stream.close());
    return;
  }
  response.setHeader('Connection', 'close');
  const { socket } = raw;
  // What Node calls when an answer with `Connection: close` is complete.
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER);
    socket.once('close', () => clearTimeout(timer));
  };
}
