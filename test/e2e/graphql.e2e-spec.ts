import type { DynamicModule } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Args, Field, GraphQLModule, Int, Mutation, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import {
  BlockUserAgents,
  type GuardConfigInput,
  type GuardEvent,
  GuardEvents,
  GuardModule,
  RequireIp,
} from 'nestapi-guard';
import { PLATFORMS, type RunningApp, startApp } from '../support/platforms';

@ObjectType()
class Cat {
  @Field()
  name!: string;

  @Field({ nullable: true })
  chip?: string;
}

interface FieldError {
  readonly path: readonly string[];
  readonly extensions: { readonly code: string; readonly statusCode: number };
}

let calls: string[] = [];

@Resolver(() => Cat)
class CatsResolver {
  @Query(() => Cat, { nullable: true })
  cat(@Args('id', { type: () => Int, nullable: true }) id?: number): Cat {
    calls.push(`cat ${id}`);
    return { name: 'Tom' };
  }

  @Query(() => [Cat], { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  strays(): Cat[] {
    calls.push('strays');
    return [];
  }

  @Query(() => String, { nullable: true })
  @BlockUserAgents(['curl'])
  vet(): string {
    calls.push('vet');
    return 'Dr Doolittle';
  }

  @Query(() => String, { nullable: true })
  @BlockUserAgents(['curl'])
  nurse(): string {
    return 'Joy';
  }

  @Query(() => String, { nullable: true })
  search(@Args('text') text: string): string {
    return text;
  }

  @Query(() => String, { nullable: true })
  find(@Args('text') text: string): string {
    return text;
  }

  @Mutation(() => Boolean, { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  adopt(@Args('name') name: string): boolean {
    calls.push(`adopt ${name}`);
    return true;
  }

  @ResolveField(() => String, { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  chip(): string {
    return 'secret';
  }
}

function graphql(options: Partial<ApolloDriverConfig> = {}): DynamicModule {
  return GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    autoSchemaFile: true,
    fieldResolverEnhancers: ['guards'],
    allowBatchedHttpRequests: true,
    ...options,
  });
}

const CONFIG = { trustedProxies: ['loopback'], blacklist: ['203.0.113.0/24'] };

async function ask(app: RunningApp, query: string, options: { from?: string; agent?: string } = {}) {
  const headers = options.agent === undefined ? {} : { 'user-agent': options.agent };
  const answer = await app.post('/graphql', { query }, { from: options.from ?? '192.0.2.1', headers });
  return { ...answer, body: answer.json() };
}

describe.each(PLATFORMS)('GraphQL on %s', (platform) => {
  // Whichever module comes first in the imports, its start-up hook runs first.
  describe.each(['before', 'after'])('imported %s the guard', (order) => {
    let app: RunningApp;
    let events: GuardEvent[];

    beforeAll(async () => {
      const imports = [graphql(), GuardModule.forRoot(CONFIG)];
      app = await startApp(platform, {
        providers: [CatsResolver],
        imports: order === 'before' ? imports : imports.reverse(),
      });
      app.app.get(GuardEvents).stream.subscribe((event) => events.push(event));
    });
    beforeEach(() => {
      calls = [];
      events = [];
    });
    afterAll(() => app.close());

    it('serves whom nothing keeps out, with security headers', async () => {
      const { status, body, headers } = await ask(app, '{ cat { name } }');
      expect({ status, body }).toEqual({ status: 200, body: { data: { cat: { name: 'Tom' } } } });
      expect(headers['x-content-type-options']).toBe('nosniff');
    });

    it('refuses a blacklisted client at the door', async () => {
      const { status, body } = await ask(app, '{ cat { name } }', { from: '203.0.113.7' });
      expect({ status, code: body.code }).toEqual({ status: 403, code: 'GUARD_IP' });
      expect(calls).toEqual([]);
    });

    it('tells code, status and message of a refusal in the extensions', async () => {
      const { status, body } = await ask(app, '{ strays { name } }');
      expect(status).toBe(200);
      expect(body.data).toEqual({ strays: null });
      expect(body.errors[0].message).toBe('Forbidden');
      expect(body.errors[0].extensions).toMatchObject({ code: 'GUARD_IP', statusCode: 403, message: 'Forbidden' });
      expect(calls).toEqual([]);
    });

    it("honours every field's own policy in one query", async () => {
      const query = '{ cat { name } strays { name } vet }';
      const outsider = await ask(app, query, { agent: 'curl/8' });
      expect(outsider.body.data).toEqual({ cat: { name: 'Tom' }, strays: null, vet: null });
      expect(outsider.body.errors.map((error: FieldError) => [error.path[0], error.extensions.code])).toEqual([
        ['strays', 'GUARD_IP'],
        ['vet', 'GUARD_USER_AGENT'],
      ]);
      expect((await ask(app, query, { from: '10.0.0.1' })).body.errors).toBeUndefined();
    });

    it('applies the policy of mutations and of field resolvers', async () => {
      const adopted = await ask(app, 'mutation { adopt(name: "Tom") }');
      expect(adopted.body.errors[0].extensions.code).toBe('GUARD_IP');
      const chipped = await ask(app, '{ cat { name chip } }');
      expect(chipped.body.data).toEqual({ cat: { name: 'Tom', chip: null } });
      expect(chipped.body.errors[0]).toMatchObject({ path: ['cat', 'chip'], extensions: { code: 'GUARD_IP' } });
      expect((await ask(app, '{ cat { chip } }', { from: '10.0.0.1' })).body.data).toEqual({ cat: { chip: 'secret' } });
    });

    it('reports a query that several fields are refused for one reason once', async () => {
      const { body } = await ask(app, '{ a: vet b: vet nurse }', { agent: 'curl/8' });
      expect(body.errors).toHaveLength(3);
      expect(events.map((event) => event.type)).toEqual(['refused']);
      expect(events[0]).toMatchObject({
        check: 'user_agent',
        request: { kind: 'graphql', path: '/graphql', ip: '192.0.2.1', route: 'Query vet' },
      });
    });

    it('judges every operation of a batch', async () => {
      const batch = [{ query: '{ vet }' }, { query: '{ strays { name } }' }, { query: '{ vet }' }];
      const answer = await app.post('/graphql', batch, { from: '192.0.2.1', headers: { 'user-agent': 'curl/8' } });
      const codes = answer.json().map((result: { errors: FieldError[] }) => result.errors[0]?.extensions.code);
      expect(codes).toEqual(['GUARD_USER_AGENT', 'GUARD_IP', 'GUARD_USER_AGENT']);
    });
  });
});

describe.each(PLATFORMS)('GraphQL on %s counts a query', (platform) => {
  const attack = "1' OR '1'='1' UNION SELECT password FROM users --";
  const start = (config: GuardConfigInput) =>
    startApp(platform, {
      providers: [CatsResolver],
      imports: [graphql()],
      config: { trustedProxies: ['loopback'], ...config },
    });

  it('as one request, however many fields it names', async () => {
    const app = await start({ rateLimit: 3 });
    for (const left of [2, 1, 0]) {
      const { body, headers } = await ask(app, '{ a: vet b: vet vet }');
      expect(body.errors).toBeUndefined();
      expect(headers.ratelimit).toContain(`r=${left};`);
    }
    const { body, headers } = await ask(app, '{ a: vet b: vet }');
    expect(body.errors.map(({ extensions }: FieldError) => extensions.code)).toEqual(Array(2).fill('GUARD_RATE_LIMIT'));
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await app.close();
  });

  it('as one suspicious request, wherever the attack stands', async () => {
    const app = await start({ autoBanThreshold: 3 });
    const spellings = [
      { query: `mutation { adopt(name: ${JSON.stringify(attack)}) a: adopt(name: "Tom") }` },
      { query: 'query($text: String!) { search(text: $text) find(text: $text) }', variables: { text: attack } },
      { query: 'query($id: Int) { cat(id: $id) { name } vet nurse }', variables: { id: 1 } },
      { query: `mutation { a: adopt(name: "Tom") b: adopt(name: ${JSON.stringify(attack)}) }` },
    ];
    const codes = [];
    for (const spelling of spellings) {
      const { errors } = (await app.post('/graphql', spelling, { from: '10.0.0.7' })).json();
      codes.push(errors?.map(({ extensions }: FieldError) => `${extensions.code} ${extensions.statusCode}`));
    }
    const refused = (status: number) => Array(2).fill(`GUARD_PENETRATION ${status}`);
    expect(codes).toEqual([refused(400), refused(400), undefined, refused(403)]);
    expect((await ask(app, '{ cat { name } }', { from: '10.0.0.7' })).status).toBe(403);
    await app.close();
  });
});
