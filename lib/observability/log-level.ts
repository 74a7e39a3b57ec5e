import type { Logger } from '@nestjs/common';

/** How severe a log line is, in the names that the configuration uses. */
export type LogLevel = 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL';

/** The method of Nest's logger for each level. */
export const LOGGER_METHODS = {
  DEBUG: 'debug',
  INFO: 'log',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const satisfies Record<LogLevel, keyof Logger>;
