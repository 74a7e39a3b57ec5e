import { type LimitTier, ResilientStateStore } from '../../lib/state';

// A process that ends when its store is closed, and not by force: node -r typescript.cjs close.worker.ts <redis url>
const store = new ResilientStateStore({ redis: process.argv[2]! });
const tier: LimitTier = { client: 'a', key: 'b', limit: 5, windowMs: 60_000, algorithm: 'sliding-window' };

process.on('message', () => {
  // Questions under way, and some while closed: none may throw.
  const questions = Promise.all([1, 2, 3].map(async () => store.consume([tier])));
  setTimeout(() => {
    store.close();
    void questions.then(async () => {
      await store.consume([tier]);
      process.disconnect();
    });
  }, 50);
});
void store.start().then(() => process.send!('ready'));
