import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import { type ClientAddress, createClientAddressResolver, forwardedProto } from '../network/client-address';
import { canonicalIp, subnetKey } from '../network/ip-address';
import type { GuardedRequest } from './guarded-request';
import { TrustedClients } from './trusted-clients';

const NO_ADDRESS: ClientAddress = Object.freeze({ viaTrustedProxy: false });

/** Answers who a request comes from. What the framework says (`req.ip`, `req.protocol`) is never used. */
@Injectable()
export class RequestIdentity {
  /** Tells countries; set by the room that knows them. Never waits, loads or asks anybody. */
  countries: ((ip: string) => string | undefined) | undefined;
  private readonly config: GuardConfig;
  private resolve: ReturnType<typeof createClientAddressResolver>;

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(TrustedClients) private readonly trustedClients: TrustedClients,
  ) {
    this.config = live.current;
    this.resolve = createClientAddressResolver(live.current);
    live.onPrepare((next) => {
      const resolve = createClientAddressResolver(next);
      return () => {
        this.resolve = resolve;
      };
    });
  }

  addressOf(request: IncomingMessage | undefined): ClientAddress {
    if (request === undefined) return NO_ADDRESS;
    const { socket } = request;
    const peer = socket.remoteAddress;
    const address = this.resolve(peer, request.headers, peer === undefined && isUnixSocket(socket));
    const { clientIpResolver } = this.config;
    if (clientIpResolver === undefined) return address;
    return { ...address, ip: customAddress(clientIpResolver, request) ?? address.peer };
  }

  countryOf(ip: string | undefined): string | undefined {
    return ip === undefined ? undefined : this.countries?.(ip);
  }

  /** What a client is counted by. Requests without an address share one bucket. */
  keyOf(ip: string | undefined): string {
    return (ip === undefined ? undefined : subnetKey(ip, this.config.ipv6Subnet)) ?? 'unknown';
  }

  isTrusted(ip: string | undefined): boolean {
    return ip !== undefined && this.trustedClients.has(ip);
  }

  isSecure(request: GuardedRequest): boolean {
    const { raw } = request;
    if (raw === undefined) return false;
    if ((raw.socket as { encrypted?: boolean }).encrypted === true) return true;
    if (!this.config.trustXForwardedProto || !request.viaTrustedProxy) return false;
    const scheme = forwardedProto(raw.headers);
    // Traefik names a WebSocket's scheme in the header of its upgrade.
    return scheme === 'https' || scheme === 'wss';
  }
}

// A TCP connection that the client has reset has no remote address either; its listener tells the two apart.
function isUnixSocket(socket: Socket): boolean {
  const { server } = socket as { server?: { address?: () => unknown } };
  return typeof server?.address?.() === 'string';
}

function customAddress(
  resolver: (request: IncomingMessage) => string | undefined,
  request: IncomingMessage,
): string | undefined {
  try {
    const address: unknown = resolver(request);
    // A promise is no address, and nobody else would listen to its rejection.
    if (address instanceof Promise) address.catch(() => undefined);
    return typeof address === 'string' ? canonicalIp(address) : undefined;
  } catch {
    return undefined;
  }
}
