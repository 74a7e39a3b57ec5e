import { Inject, Injectable, Logger } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import { Enforcement } from './enforcement.service';
import type { Verdict } from './stage-runner';

const LOSSES = {
  graphql: {
    code: 'GUARD_GRAPHQL_NO_REQUEST',
    advice: 'the GraphQL context leads to no request; give it one, as in context: ({ req }) => ({ req, … })',
  },
  ws: {
    code: 'GUARD_WS_NO_REQUEST',
    advice:
      "the WebSocket adapter hands over clients without the request of their handshake; set it as the client's `request`",
  },
} as const;

/**
 * Decides about messages and GraphQL operations that must have come from some client, while nothing tells from which: with
 * `failSecure` nobody may hide like that.
 */
@Injectable()
export class LostRequests {
  private readonly logger = new Logger('NestapiGuard');
  private readonly config: GuardConfig;
  private readonly warned = new Set<string>();

  constructor(
    @Inject(LiveConfig) live: LiveConfig,
    @Inject(Enforcement) private readonly enforcement: Enforcement,
  ) {
    this.config = live.current;
  }

  decide(request: GuardedRequest): Verdict {
    const { code, advice } = LOSSES[request.kind === 'ws' ? 'ws' : 'graphql'];
    if (!this.warned.has(code)) {
      this.warned.add(code);
      this.logger.warn(`${code} ${request.route?.name}: ${advice}`);
    }
    return this.config.failSecure ? this.enforcement.enforce(noRequest(code), request) : undefined;
  }
}

function noRequest(code: string): Refusal {
  return { status: 500, message: 'Internal server error', check: 'ip', code, reason: 'no request behind the context' };
}
