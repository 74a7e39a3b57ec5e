import type { IncomingMessage } from 'node:http';
import { WebSocket, type ClientOptions } from 'ws';

/** The status of a refused upgrade, and what came with it. */
export interface RefusedUpgrade {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

type Message = ReturnType<typeof JSON.parse>;

/** A WebSocket client that waits for what it is told to wait for. */
export class SocketClient {
  private readonly received: unknown[] = [];
  private readonly waiting: ((message: unknown) => void)[] = [];

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (bytes: Buffer) => {
      const message: unknown = JSON.parse(bytes.toString());
      const next = this.waiting.shift();
      if (next === undefined) this.received.push(message);
      else next(message);
    });
  }

  /** Connects, or tells how that was refused. */
  static connect(
    url: string,
    { protocol, ...options }: ClientOptions & { protocol?: string } = {},
  ): Promise<SocketClient | RefusedUpgrade> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, protocol === undefined ? [] : [protocol], options);
      const client = new SocketClient(socket);
      socket.on('open', () => resolve(client));
      socket.on('error', reject);
      socket.on('unexpected-response', (_request, response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const { statusCode = 0, headers } = response;
          resolve({ status: statusCode, headers, text: Buffer.concat(chunks).toString() });
        });
      });
    });
  }

  static async open(url: string, options: Parameters<typeof SocketClient.connect>[1] = {}): Promise<SocketClient> {
    const client = await SocketClient.connect(url, options);
    if (client instanceof SocketClient) return client;
    throw new Error(`refused with ${client.status} ${client.text}`);
  }

  static async refused(url: string, options: Parameters<typeof SocketClient.connect>[1] = {}): Promise<RefusedUpgrade> {
    const client = await SocketClient.connect(url, options);
    if (!(client instanceof SocketClient)) return client;
    client.close();
    throw new Error('the upgrade was not refused');
  }

  send(message: unknown): void {
    this.socket.send(JSON.stringify(message));
  }

  next(): Promise<Message> {
    return new Promise((resolve) => {
      if (this.received.length > 0) resolve(this.received.shift());
      else this.waiting.push(resolve);
    });
  }

  ask(message: unknown): Promise<Message> {
    this.send(message);
    return this.next();
  }

  close(): void {
    this.socket.terminate();
  }
}
