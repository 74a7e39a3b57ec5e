import { setTimeout as delay } from 'node:timers/promises';
import { moveSlot, type RedisServer, startCluster } from '../support/redis-server';
import { until } from '../support/until';
import { endFleet, type Instance, shares, startFleet } from './fleet';
import { expectUnharmed, Traffic } from './traffic';

/** The contract: a cluster is shared again so soon after it is whole. */
const RECOVERY_MS = 5_000;

describe('two applications on a cluster', () => {
  let nodes: RedisServer[];
  let fleet: Instance[];
  const start = async (replicas: boolean): Promise<void> => {
    nodes = await startCluster({ replicas });
    const sources = nodes.slice(0, 3).map(({ host, port }) => ({ host, port }));
    fleet = await startFleet(2, { redis: { nodes: sources } });
    await until(() => shares(fleet), RECOVERY_MS);
  };
  afterEach(async () => {
    expect(await Promise.all(fleet.map((instance) => instance.ask('accidents')))).toEqual([0, 0]);
    await endFleet(fleet);
    await Promise.all(nodes.map((node) => node.stop()));
  });

  it('F8: each master is stopped and resumed', async () => {
    await start(false);
    for (const node of nodes) {
      const traffic = new Traffic(fleet);
      await delay(500);
      node.freeze();
      await delay(5_000);
      node.thaw();
      await until(async () => /cluster_state:ok/.test(await node.admin().cluster('INFO')), 10_000);
      // Clients lie in all slots, so several are asked until none is counted alone.
      for (let client = 0; client < 5; client++) await until(() => shares(fleet), RECOVERY_MS);
      expectUnharmed(await traffic.stop());
    }
  });

  it('F8: a master dies and its replica takes over', async () => {
    await start(true);
    const traffic = new Traffic(fleet);
    await delay(500);
    await nodes[0]!.kill();
    const replica = nodes[3]!.admin();
    await until(async () => /role:master/.test(await replica.info('replication')), 20_000);
    await until(async () => /cluster_state:ok/.test(await replica.cluster('INFO')), 10_000);
    for (let client = 0; client < 5; client++) await until(() => shares(fleet), RECOVERY_MS);
    expectUnharmed(await traffic.stop());
  });

  it('F8: 100 slots move while it serves', async () => {
    await start(false);
    const traffic = new Traffic(fleet, 100);
    for (let slot = 0; slot < 100; slot++) await moveSlot(String(slot), nodes[0]!, nodes[1]!);
    const report = await traffic.stop();
    expectUnharmed(report);
    expect(await Promise.all(fleet.map((instance) => instance.ask('state')))).toEqual(['healthy', 'healthy']);
    expect(report.greedy.statuses[200] ?? 0).toBeLessThanOrEqual(100);
  });
});
