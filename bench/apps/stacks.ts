import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import { GuardModule } from '../../lib';
import { serve } from './application';
import { filters, throttled, writeHeaders } from './assembled';
import { GUARD_CONFIGS, type GuardUse, type Terms } from './guard-configs';
import { throttlerRedisStorage } from './limit-peers';

interface Args extends Terms {
  readonly stack: 'bare' | 'headers' | 'throttler' | 'assembled' | 'guard';
  /** Of the stack `guard`. */
  readonly use?: GuardUse;
}

const args = JSON.parse(process.argv[2]!) as Args;

function limiter({ limit, window, redisUrl }: Terms): ModuleMetadata {
  return throttled(limit, window * 1000, redisUrl === undefined ? undefined : throttlerRedisStorage(redisUrl));
}

async function additions({ stack, use = 'defaults' }: Args): Promise<ModuleMetadata> {
  switch (stack) {
    case 'bare':
    case 'headers':
      return {};
    case 'throttler':
      return limiter(args);
    case 'assembled': {
      const [limits, { providers = [] }] = [limiter(args), await filters()];
      return { ...limits, providers: [...providers, ...limits.providers!] };
    }
    case 'guard':
      return { imports: [GuardModule.forRoot(GUARD_CONFIGS[use](args))] };
  }
}

async function configure(app: INestApplication): Promise<void> {
  if (args.stack === 'headers' || args.stack === 'assembled') await writeHeaders(app, args.platform);
}

async function main(): Promise<void> {
  await serve(args.platform, await additions(args), configure);
}

void main();
