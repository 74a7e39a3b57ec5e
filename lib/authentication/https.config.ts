import type { ConfigWarning } from '../config/config-section';
import type { GuardConfig } from '../config/guard-config';
import { Flag, ListOf, OneOf } from '../config/setting';
import { parseHost } from '../network/host';

declare module '../config/guard-config' {
  interface GuardConfig extends HttpsConfig {}
}

/** Which requests have to arrive encrypted, and what becomes of the others. */
export class HttpsConfig {
  /** Every request has to arrive over TLS; `@Bypass(['https'])` is the only exception. Default false. */
  @Flag()
  enforceHttps = false;

  /**
   * What a request over plain http meets where https is required: a redirect to the same address (`'redirect'`, the default:
   * 301 for GET and HEAD, 308 for every other method), or 403 (`'reject'`), so that no client gets used to sending its
   * credentials in the clear first.
   */
  @OneOf('redirect', 'reject')
  httpsMode: 'redirect' | 'reject' = 'redirect';

  /**
   * The only hosts that a redirect to https may name, as `host` or `host:port`; the redirect names them as they are written
   * here, whatever the port of the request. A request with another `Host` gets 400. Default: any well-formed `Host`.
   */
  @ListOf(hostProblem, 'a list of hosts such as ["api.example.com", "localhost:8443"]')
  allowedHosts: string[] = [];

  static warnings(config: GuardConfig): ConfigWarning[] {
    if (config.allowedHosts.length === 0 || config.httpsMode === 'redirect') return [];
    return [
      {
        code: 'GUARD_ALLOWED_HOSTS_UNUSED',
        path: 'allowedHosts',
        message: "has no effect with httpsMode 'reject': nothing is redirected",
      },
    ];
  }
}

function hostProblem(entry: unknown): string | undefined {
  if (typeof entry === 'string' && parseHost(entry) !== undefined) return undefined;
  return 'is not a host; use a name or an address, with or without a port, such as "api.example.com"';
}
