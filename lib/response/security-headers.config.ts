import { Setting } from '../config/setting';
import { securityHeadersProblems } from './security-headers';
import type { SecurityHeadersSetting } from './security-headers.options';

declare module '../config/guard-config' {
  interface GuardConfig extends SecurityHeadersConfig {}
}

/** The headers of every answer. */
export class SecurityHeadersConfig {
  /**
   * The security headers that every answer carries: options, the preset `'owasp'`, or `null`/`false` for none.
   * Default: the headers of {@link SecurityHeadersOptions} with their own defaults.
   */
  @Setting(securityHeadersProblems)
  securityHeaders: SecurityHeadersSetting = {};
}
