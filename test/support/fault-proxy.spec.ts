import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, FaultProxy } from './fault-proxy';

const ALL = Array.from({ length: 60 }, (_, number) => `${number},`.padStart(16));

describe('the fault proxy', () => {
  // A stream whose pieces change places would be no fault of any network.
  it.each<Fault>([
    { kind: 'latency', ms: 100 },
    { kind: 'throttle', bytesPerSecond: 200 },
  ])('keeps the order of what it holds up: $kind', async (fault) => {
    const server = createServer((socket) => void pour(socket)).listen(0, '127.0.0.1');
    const pour = async (socket: NodeJS.WritableStream): Promise<void> => {
      for (const number of ALL) {
        socket.write(number);
        await delay(5);
      }
      socket.end();
    };
    await once(server, 'listening');
    const proxy = await FaultProxy.start((server.address() as AddressInfo).port);
    proxy.set(fault);
    const client = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
    let seen = '';
    client.on('data', (text: string) => (seen += text));
    setTimeout(() => proxy.set({ kind: 'none' }), 150);
    await once(client, 'close');
    expect(seen).toBe(ALL.join(''));
    await proxy.stop();
    server.close();
  });
});
