import { Inject, Injectable, Logger } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { Refusal } from '../policy/refusal';
import { Enforcement } from './enforcement.service';
import type { Verdict } from './stage-runner';

const ADVICE = {
  graphql: 'the GraphQL context leads to no request; give it one, as in context: ({ req }) => ({ req, … })',
  ws: "the WebSocket adapter hands over clients without the request of their handshake; set it as the client's `request`",
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
    const kind = request.kind === 'ws' ? 'ws' : 'graphql';
    const code = `GUARD_${kind.toUpperCase()}_NO_REQUEST`;
    if (!this.warned.has(kind)) {
      this.warned.add(kind);
      this.logger.warn(`${code} ${request.route?.name}: ${ADVICE[kind]}`);
    }
    return this.config.failSecure ? this.enforcement.enforce(noRequest(code), request) : undefined;
  }
}

function noRequest(code: string): Refusal {
  return { status: 500, message: 'Internal server error', check: 'ip', code, reason: 'no request behind the context' };
}
