import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does to the bytes of every connection. */
export type Fault =
  | { readonly kind: 'none' }
  /** Each way takes so many milliseconds longer. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Half-open: nothing passes and nobody is told. Connections met by it stay dead after it is over. */
  | { readonly kind: 'blackhole' }
  /** Everything is reset, new connections at once. */
  | { readonly kind: 'reset' }
  /** Replies end after so many bytes, and the connection with them. */
  | { readonly kind: 'cut'; readonly bytes: number }
  /** Replies trickle. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** `reset` and `none` take turns. */
  | { readonly kind: 'flap'; readonly ms: number };

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly requests: Way;
  readonly replies: Way;
  dead: boolean;
}

/** One direction of a connection. What is held up keeps its order, as in any TCP stream. */
class Way {
  private readonly held: { readonly bytes: Buffer | 'end'; due: number }[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly to: Socket) {}

  /** When the last of what is held up arrives. */
  get last(): number {
    return Math.max(performance.now(), this.held.at(-1)?.due ?? 0);
  }

  send(bytes: Buffer | 'end', due = 0): void {
    this.held.push({ bytes, due: Math.max(due, this.held.at(-1)?.due ?? 0) });
    this.deliver();
  }

  /** Nothing holds the stream up any more. */
  release(): void {
    for (const piece of this.held) piece.due = 0;
    this.deliver();
  }

  drop(): void {
    clearTimeout(this.timer);
    this.held.length = 0;
  }

  private deliver(): void {
    clearTimeout(this.timer);
    while (this.held.length > 0 && this.held[0]!.due <= performance.now()) {
      const { bytes } = this.held.shift()!;
      if (this.to.destroyed) continue;
      if (bytes === 'end') this.to.end();
      else this.to.write(bytes);
    }
    if (this.held.length > 0) {
      const wait = Math.ceil(this.held[0]!.due - performance.now());
      this.timer = setTimeout(() => this.deliver(), wait).unref();
    }
  }
}

/** A TCP proxy on a free loopback port that breaks connections in the ways networks do. */
export class FaultProxy {
  private fault: Fault = { kind: 'none' };
  private readonly pairs = new Set<Pair>();
  private flapper: NodeJS.Timeout | undefined;
  /** Connections accepted so far. */
  accepted = 0;

  private constructor(
    private readonly target: number,
    private readonly server: Server,
  ) {
    server.on('connection', (client) => this.accept(client));
  }

  /** Starts a proxy to a port of this machine. */
  static async start(target: number): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new FaultProxy(target, server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Open connections. */
  get open(): number {
    return this.pairs.size;
  }

  set(fault: Fault): void {
    clearInterval(this.flapper);
    this.flapper = undefined;
    if (fault.kind === 'flap') {
      let broken = false;
      this.flapper = setInterval(() => {
        broken = !broken;
        this.apply({ kind: broken ? 'reset' : 'none' });
      }, fault.ms);
      this.apply({ kind: 'none' });
    } else this.apply(fault);
  }

  async stop(): Promise<void> {
    this.set({ kind: 'reset' });
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }

  private apply(fault: Fault): void {
    this.fault = fault;
    for (const pair of this.pairs) {
      if (fault.kind === 'blackhole') kill(pair);
      else if (fault.kind === 'reset') reset(pair);
      else if (fault.kind === 'none') for (const way of [pair.requests, pair.replies]) way.release();
    }
  }

  private accept(client: Socket): void {
    this.accepted++;
    client.on('error', () => undefined);
    if (this.fault.kind === 'reset') {
      client.resetAndDestroy();
      return;
    }
    const server = connect(this.target, '127.0.0.1');
    server.on('error', () => undefined);
    const pair: Pair = {
      client,
      server,
      requests: new Way(server),
      replies: new Way(client),
      dead: this.fault.kind === 'blackhole',
    };
    this.pairs.add(pair);
    // Small pieces that wait for each other's acknowledgement would be a fault of their own.
    for (const socket of [client, server]) socket.setNoDelay();
    client.on('data', (bytes: Buffer) => this.pass(pair, pair.requests, bytes));
    server.on('data', (bytes: Buffer) => this.reply(pair, bytes));
    // Whoever gives a dead connection up is gone, though nothing of it passes.
    client.on('end', () => (pair.dead ? client.destroy() : this.pass(pair, pair.requests, 'end')));
    server.on('end', () => this.pass(pair, pair.replies, 'end'));
    const forget = (): void => {
      // The peer of a dead connection learns nothing until it closes its own end.
      if (!pair.dead || client.destroyed) {
        client.destroy();
        server.destroy();
        this.pairs.delete(pair);
      }
    };
    client.on('close', forget);
    server.on('close', forget);
  }

  private pass(pair: Pair, way: Way, bytes: Buffer | 'end'): void {
    const { fault } = this;
    if (!pair.dead) way.send(bytes, fault.kind === 'latency' ? performance.now() + fault.ms : 0);
  }

  private reply(pair: Pair, bytes: Buffer): void {
    const { fault } = this;
    if (pair.dead) return;
    if (fault.kind === 'cut') pair.client.write(bytes.subarray(0, fault.bytes), () => reset(pair));
    else if (fault.kind === 'throttle') trickle(pair.replies, bytes, fault.bytesPerSecond);
    else this.pass(pair, pair.replies, bytes);
  }
}

/** Twenty pieces a second. */
function trickle(way: Way, bytes: Buffer, bytesPerSecond: number): void {
  const step = Math.max(1, Math.floor(bytesPerSecond / 20));
  for (let at = 0; at < bytes.length; at += step) way.send(bytes.subarray(at, at + step), way.last + 50);
}

function kill(pair: Pair): void {
  pair.dead = true;
  for (const way of [pair.requests, pair.replies]) way.drop();
}

function reset(pair: Pair): void {
  kill(pair);
  pair.client.resetAndDestroy();
  pair.server.destroy();
}
