import { type LimitTier, RedisStateStore } from '../../lib/state';

// A process that shares limits with others: node -r typescript.cjs consume.worker.ts <redis url> <clock offset in ms>
const [url, offset] = process.argv.slice(2);
const realNow = Date.now;
Date.now = () => realNow() + Number(offset);

const store = new RedisStateStore({ redis: url!, commandTimeoutMs: 5_000 });

process.on('message', ({ tier, requests, concurrency }: { tier: LimitTier; requests: number; concurrency: number }) => {
  let left = requests;
  let admitted = 0;
  const lane = async (): Promise<void> => {
    while (left-- > 0) if ((await store.consume([tier])).allowed) admitted++;
  };
  void Promise.all(Array.from({ length: concurrency }, lane)).then(() => process.send!(admitted));
});
void store.start().then(() => process.send!('ready'));
