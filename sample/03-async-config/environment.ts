import { Injectable, Module } from '@nestjs/common';
import { IsInt, IsUrl, Min, validateSync } from 'class-validator';

/** What the application is told by its environment. Whether a network is one is left to the guard, which says it better. */
@Injectable()
export class Environment {
  readonly trustedProxies = listOf(process.env.TRUSTED_PROXIES ?? 'loopback');
  readonly blockedNetworks = listOf(process.env.BLOCKED_NETWORKS ?? '203.0.113.0/24, 2001:db8:bad::/48');

  @IsInt({ message: 'REQUESTS_PER_MINUTE is not a whole number' })
  @Min(1, { message: 'REQUESTS_PER_MINUTE is not at least 1' })
  readonly requestsPerMinute = Number(process.env.REQUESTS_PER_MINUTE ?? 60);

  @IsUrl({ require_tld: false }, { message: 'SUPPORT_URL is not a URL' })
  readonly supportUrl = process.env.SUPPORT_URL ?? 'https://support.example.com';

  constructor() {
    const problems = validateSync(this).flatMap(({ constraints = {} }) => Object.values(constraints));
    if (problems.length > 0) throw new Error(`The environment cannot be used: ${problems.join(', ')}`);
  }
}

function listOf(text: string): string[] {
  return text.split(',').map((entry) => entry.trim());
}

@Module({ providers: [Environment], exports: [Environment] })
export class EnvironmentModule {}
