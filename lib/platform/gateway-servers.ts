import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { type Entrance, type EntranceVerdict, type Framework, refuse, settle } from './http-entrance';
import { admitUpgrade, attachServer } from './http-server';
import { deliverRefusals } from './refusal-messages';

type Connected = (client: object, raw: IncomingMessage) => void;

/** What `@nestjs/platform-ws` makes: a server of the package `ws`. */
interface WsServer {
  handleUpgrade(raw: IncomingMessage, socket: Socket, head: Buffer, connected: Connected): void;
}

/** What `@nestjs/platform-socket.io` makes, or the namespace of one. */
interface IoServer {
  readonly httpServer: Server;
  readonly engine?: Engine;
}

interface Engine {
  readonly clients: Readonly<Record<string, unknown>>;
  use(middleware: (raw: EngineRequest, response: ServerResponse, next: () => void) => void): void;
}

type EngineRequest = IncomingMessage & { readonly _query?: Readonly<Record<string, unknown>> };

/** Where refusals go: known when the first gateway is. */
export interface GatewayHost {
  readonly framework: Framework;
  /** The server that the framework listens on, which has an entrance of its own. */
  readonly httpServer: unknown;
}

/**
 * Puts an entrance in front of the servers that gateways listen on, whichever adapter makes them and whichever port they
 * have, before the first client can connect.
 */
export function attachGateways(config: ApplicationConfig, hostOf: () => GatewayHost, entrance: Entrance): void {
  const attached = new WeakSet<object>();
  const attach = (made: unknown): void => {
    if (typeof made !== 'object' || made === null || attached.has(made)) return;
    attached.add(made);
    const { framework, httpServer } = hostOf();
    if (isWsServer(made)) return attachWs(made, framework, entrance);
    const io = ('server' in made ? made.server : made) as Partial<IoServer>;
    if (io.engine === undefined || attached.has(io.engine)) return;
    attached.add(io.engine);
    if (io.httpServer !== undefined && io.httpServer !== httpServer) attachServer(io.httpServer, framework, entrance);
    attachPolling(io.engine, framework, entrance);
  };

  const watch = (adapter: WebSocketAdapter): void => {
    if (attached.has(adapter)) return;
    attached.add(adapter);
    const create: WebSocketAdapter['create'] = adapter.create.bind(adapter);
    adapter.create = (port: number, options?: object): unknown => {
      const made: unknown = create(port, options);
      attach(made);
      return made;
    };
  };

  // Nest makes its default adapter only when it meets the first gateway.
  const setIoAdapter = config.setIoAdapter.bind(config);
  config.setIoAdapter = (adapter) => {
    watch(adapter);
    setIoAdapter(adapter);
  };
  const present = config.getIoAdapter() as WebSocketAdapter | null;
  if (present !== null) watch(present);
}

function isWsServer(made: object): made is WsServer {
  return 'handleUpgrade' in made && typeof made.handleUpgrade === 'function';
}

function attachWs(server: WsServer, framework: Framework, entrance: Entrance): void {
  const handleUpgrade = server.handleUpgrade.bind(server);
  server.handleUpgrade = (raw, socket, head, connected) =>
    admitUpgrade(raw, socket, framework, entrance, () =>
      handleUpgrade(raw, socket, head, (client, ...rest) => {
        entrance.connect(client, raw);
        deliverRefusals(client);
        connected(client, ...rest);
      }),
    );
}

// A handshake by polling asks for what an upgrade asks for. Later polls carry messages, each of which is judged by itself;
// a poll for a session that does not exist is like any other request that leads nowhere.
function attachPolling(engine: Engine, framework: Framework, entrance: Entrance): void {
  engine.use((raw, response, next) => {
    const request = entrance.known(raw);
    if (request === undefined || request.kind === 'upgrade') return next();
    const session = raw._query?.sid;
    if (typeof session === 'string' && Object.hasOwn(engine.clients, session)) {
      request.markSeen();
      return next();
    }
    // Messages of this session will want to know its address long after this connection is gone.
    void request.clientAddress;
    void settle<EntranceVerdict>(entrance.unmatched(request), (refused) => {
      if (refused === undefined) return next();
      refuse(raw, response, refused, framework, entrance);
    });
  });
}
