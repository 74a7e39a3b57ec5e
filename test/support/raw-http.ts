import { connect, type NetConnectOpts, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Writes exactly these bytes to a server, and reads whatever it says until it closes the connection. */
export function exchange(target: number | NetConnectOpts, ...lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = open(target);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
    socket.end(lines.join('\r\n') + '\r\n\r\n', 'latin1');
  });
}

export function open(target: number | NetConnectOpts): Socket {
  return connect(typeof target === 'number' ? { host: '127.0.0.1', port: target } : target);
}

/** The answers of one connection in order, interim ones (`100 Continue`) included. */
export function answersOf(stream: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  let rest = stream;
  while (rest.startsWith('HTTP/')) {
    const end = rest.indexOf('\r\n\r\n');
    const [statusLine = '', ...fields] = rest.slice(0, end).split('\r\n');
    const headers = Object.fromEntries(fields.map((field) => fieldOf(field)));
    const start = end + 4;
    const next = rest.indexOf('HTTP/1.1 ', start);
    const length = headers['content-length'] === undefined ? undefined : start + Number(headers['content-length']);
    const stop = length ?? (next === -1 ? rest.length : next);
    answers.push({ status: Number(statusLine.split(' ')[1]), headers, text: rest.slice(start, stop) });
    rest = rest.slice(stop);
  }
  return answers;
}

function fieldOf(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}
