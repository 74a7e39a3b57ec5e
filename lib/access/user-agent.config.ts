import { ListOf } from '../config/setting';
import type { UserAgentPattern } from './block-user-agents.decorator';
import { userAgentPatternProblem } from './user-agent-patterns';

declare module '../config/guard-config' {
  interface GuardConfig extends UserAgentConfig {}
}

export class UserAgentConfig {
  /**
   * User agents that are refused with 403: case-insensitive substrings or regular expressions; `''` and `/^$/` match a
   * missing agent. A pattern that could backtrack catastrophically stops the boot. Default: none.
   */
  @ListOf(userAgentPatternProblem, 'a list of strings and regular expressions')
  blockedUserAgents: UserAgentPattern[] = [];
}
