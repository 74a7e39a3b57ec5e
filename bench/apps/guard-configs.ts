import type { GuardConfigInput } from '../../lib';
import { writeCloudSnapshot } from '../support/cloud-snapshot';
import type { Platform } from './application';

export interface Terms {
  readonly platform: Platform;
  /** Requests per client and `window`. */
  readonly limit: number;
  /** Seconds. */
  readonly window: number;
  /** Undefined: in memory. */
  readonly redisUrl?: string;
  /** What the addresses of all clients of the benchmark begin with. */
  readonly clients: string;
}

/** What an IP filter refuses here: documentation networks, and so nobody. */
export const REFUSED_NETWORKS = Array.from({ length: 20 }, (_, i) => `203.0.113.${i * 12}/30`);
export const REFUSED_COUNTRY = 'KP';
export const ADMITTED_ORIGIN = 'https://app.example.com';

/** How much of the module is used. */
export type GuardUse = 'off' | 'defaults' | 'everything' | 'watched';

export const GUARD_CONFIGS: Record<GuardUse, (terms: Terms) => GuardConfigInput> = {
  off: () => ({
    enableRateLimiting: false,
    enableIpBanning: false,
    enablePenetrationDetection: false,
    securityHeaders: false,
  }),
  defaults: ({ limit, window, redisUrl }) => ({
    trustedProxies: ['loopback'],
    rateLimit: limit,
    rateLimitWindow: window,
    // The others wait for a slow Redis, too.
    ...(redisUrl !== undefined && { redisUrl, redisCommandTimeout: 1 }),
  }),
  everything: (terms) => ({
    ...GUARD_CONFIGS.defaults(terms),
    blacklist: REFUSED_NETWORKS,
    blockedCountries: [REFUSED_COUNTRY],
    blockCloudProviders: ['AWS', 'GCP', 'Azure'],
    cloudSnapshotPath: writeCloudSnapshot(80_000, terms.clients),
    cloudIpRefreshInterval: 86_400,
    blockedUserAgents: ['sqlmap', 'nikto', /\bmasscan\b/],
    enforceHttps: true,
    httpsMode: 'reject',
    trustXForwardedProto: true,
    enableCors: true,
    corsAllowOrigins: [ADMITTED_ORIGIN],
  }),
  watched: (terms) => ({
    ...GUARD_CONFIGS.everything(terms),
    behaviorRules: [
      { type: 'usage', maxCalls: 10 * terms.limit, window: terms.window, action: 'alert' },
      { type: 'return', pattern: 'status:404', maxOccurrences: 20, window: terms.window, action: 'ban' },
    ],
  }),
};
