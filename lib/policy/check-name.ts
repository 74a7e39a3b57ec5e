/** The checks in the order in which a request meets them. */
export const CHECK_NAMES = [
  'emergency',
  'ip_ban',
  'https',
  'request_size',
  'content_type',
  'required_headers',
  'authentication',
  'referrer',
  'custom_validation',
  'honeypot',
  'time_window',
  'ip',
  'country',
  'clouds',
  'user_agent',
  'behavior',
  'rate_limit',
  'penetration',
  'custom_request',
] as const;

/** A check, as `@Bypass`, `checkModes`, events and log lines name it. */
export type CheckName = (typeof CHECK_NAMES)[number];

/** What a check does with its verdict: refuse, only report what it would have refused, or nothing. */
export type CheckMode = 'enforce' | 'dry-run' | 'off';

export function checkPosition(name: CheckName): number {
  return CHECK_NAMES.indexOf(name);
}
