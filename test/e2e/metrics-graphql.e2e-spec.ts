import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { type GuardConfigInput, GuardModule, prometheusMetrics, RequireIp } from 'nestapi-guard';
import { Registry } from 'prom-client';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';
import { until } from '../support/until';

@Resolver()
class CatsResolver {
  @Query(() => String, { nullable: true })
  cat() {
    return 'Tom';
  }

  @Query(() => String, { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  stray() {
    return 'Felix';
  }

  @Query(() => String, { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  lion() {
    return 'Simba';
  }
}

describe.each(PLATFORMS)('metrics of GraphQL on %s', (platform) => {
  let app: RunningApp;
  const registry = new Registry();
  const start = async (config: GuardConfigInput = {}) => {
    app = await startApp(platform, {
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
        GuardModule.forRoot({ metrics: prometheusMetrics(registry), ...config }),
      ],
      providers: [CatsResolver],
    });
  };
  afterEach(() => app.close());

  it.each([
    ['refused', {}, '{ cat stray lion }'],
    ['would_refuse', { passiveMode: true }, '{ cat stray lion }'],
    ['passed', {}, '{ cat again: cat }'],
  ])('a query is one request, %s', async (outcome, config, query) => {
    await start(config);
    await app.post('/graphql', { query });
    const requests = async () => (await registry.metrics()).match(/nestapi_guard_requests_total\{.* [1-9]\d*$/gm);
    await until(async () => (await requests()) !== null);
    expect(await requests()).toEqual([`nestapi_guard_requests_total{outcome="${outcome}"} 1`]);
    const text = await registry.metrics();
    expect(text).toContain('nestapi_guard_pipeline_duration_seconds_count 1\n');
    const decisions = text.match(/nestapi_guard_decisions_total\{.*/g) ?? [];
    expect(decisions).toEqual(
      outcome === 'passed'
        ? []
        : [expect.stringMatching(`check="ip",outcome="${outcome}",route="Query (stray|lion)"} 1`)],
    );
  });
});
