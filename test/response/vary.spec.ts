import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { keepVary } from '../../lib/response/vary';

async function varyOf(answer: (response: ServerResponse) => unknown): Promise<string | null> {
  const server = createServer((_request, response) => {
    keepVary(response, 'Origin');
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { headers } = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return headers.get('vary');
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('keepVary', () => {
  it.each<[string, (response: ServerResponse) => unknown, string]>([
    ['nothing is said', (response) => response.end(), 'Origin'],
    ['it is replaced', (response) => response.setHeader('vary', 'Accept').end(), 'Accept, Origin'],
    ['it is removed', (response) => (response.removeHeader('Vary'), response.end()), 'Origin'],
    ['it is everything', (response) => response.setHeader('Vary', '*').end(), '*'],
    ['a head names it', (response) => response.writeHead(200, { VARY: 'Accept' }).end(), 'Accept, Origin'],
    ['a head with a reason names it', (response) => response.writeHead(200, 'Fine', { Vary: 'A' }).end(), 'A, Origin'],
    ['a head names several', (response) => response.writeHead(200, { Vary: ['A', 'B'] }).end(), 'A, B, Origin'],
    ['a flat head names it', (response) => response.writeHead(200, ['X-A', 'vary', 'Vary', 'A']).end(), 'A, Origin'],
    ['a head names others', (response) => response.writeHead(200, { 'X-A': 'vary' }).end(), 'Origin'],
    ['a head has a reason only', (response) => response.writeHead(200, 'Fine').end(), 'Origin'],
    ['it is said already', (response) => response.writeHead(200, { Vary: 'origin' }).end(), 'origin'],
  ])('keeps the field when %s', async (_, answer, expected) => {
    expect(await varyOf(answer)).toBe(expected);
  });
});
