import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { buildSchema, graphql } from 'graphql';
import {
  graphqlCall,
  operationValues,
  requestOfGraphqlContext,
  type ResolveInfo,
} from '../../lib/platform/graphql-operation';

const schema = buildSchema(`
  input Filter { name: String, tags: [String], inner: Filter }
  enum Size { SMALL LARGE }
  scalar JSON
  type Query { find(text: String, filter: Filter, size: Size, limit: Int, any: JSON): Query, name: String }
`);

/** What a resolver of the operation would be called with. */
async function infoOf(source: string, variableValues?: Record<string, unknown>): Promise<ResolveInfo> {
  let info: ResolveInfo | undefined;
  const rootValue = { find: (_: unknown, __: unknown, given: ResolveInfo) => void (info = given) };
  const { errors } = await graphql({ schema, source, variableValues, rootValue });
  if (info === undefined) throw new Error(String(errors));
  return info;
}

const written = async (source: string, variables?: Record<string, unknown>): Promise<unknown> =>
  JSON.parse(JSON.stringify(operationValues(await infoOf(source, variables))));

describe('the values of an operation', () => {
  it.each<[string, string, Record<string, unknown> | undefined, unknown]>([
    [
      'arguments',
      '{ find(text: "a", limit: 3, size: SMALL) { name } }',
      undefined,
      { find: [{ text: 'a', limit: '3', size: 'SMALL' }] },
    ],
    [
      'aliases',
      '{ a: find(text: "a") { name } b: find(text: "b") { name } }',
      undefined,
      { find: [{ text: 'b' }, { text: 'a' }] },
    ],
    ['nested fields', '{ find { find(text: "deep") { name } } }', undefined, { find: [{ text: 'deep' }] }],
    [
      'lists and objects',
      '{ find(filter: { tags: ["x", "y"], inner: { name: "z" } }) { name } }',
      undefined,
      { find: [{ filter: { tags: ['x', 'y'], inner: { name: 'z' } } }] },
    ],
    ['block strings', '{ find(text: """\n  <b>\n""") { name } }', undefined, { find: [{ text: '<b>' }] }],
    [
      'fragments, used or not',
      'query { find { ...F ... on Query { other: find(text: "inline") { name } } } } fragment F on Query { find(text: "spread") { name } }',
      undefined,
      { find: [{ text: 'spread' }, { text: 'inline' }] },
    ],
    [
      'directives',
      '{ find(text: "a") { name @include(if: true) } }',
      undefined,
      { find: [{ text: 'a' }], include: [{ if: true }] },
    ],
    ['null', '{ find(text: null) { name } }', undefined, { find: [{}] }],
  ])('are those of %s', async (_, source, variables, expected) => {
    expect(await written(source, variables)).toEqual({ variables: {}, arguments: expected });
  });

  it('are its variables, as the fields get them', async () => {
    const source = 'query($text: String, $any: JSON) { find(text: $text, any: $any) { name } }';
    const variables = { text: '<script>', any: { deep: ['x'] }, undeclared: 'nobody reads it' };
    expect(await written(source, variables)).toEqual({
      variables: { text: '<script>', any: { deep: ['x'] } },
      arguments: { find: [{}] },
    });
  });

  it('do not reach prototypes', async () => {
    const values = operationValues(await infoOf('{ find(any: { __proto__: { admin: "yes" } }) { name } }')) as {
      arguments: { find: [{ any: object }] };
    };
    expect(Object.keys(values.arguments.find[0].any)).toEqual(['__proto__']);
    expect(({} as { admin?: string }).admin).toBeUndefined();
  });
});

describe('the arguments of a guard', () => {
  const info = { fieldName: 'a', operation: {}, schema: {} };
  const context = { of: 'the query' };

  it.each([
    ['a field', [{}, { id: 1 }, context, info], true],
    ['a reference', [{}, context, info], true],
    ['a type', [{}, context, info, {}], true],
    ['something else', [{}, {}, context], false],
  ])('lead to the context of %s', (_, args, known) => {
    expect(graphqlCall(args)).toEqual({ context, info: known ? info : undefined });
  });
});

describe('the request of a context', () => {
  const raw = new IncomingMessage(new Socket());
  const fastify = { raw, body: {} };
  const response = new ServerResponse(raw);

  it.each<[string, unknown, unknown]>([
    ["Express's", { req: raw }, raw],
    ["Fastify's", { req: fastify }, fastify],
    ["Fastify's reply", { reply: { raw: response, request: fastify } }, fastify],
    ["Express's response", { res: response }, raw],
    ['graphql-ws', { extra: { socket: {}, request: raw } }, raw],
    ["Nest's context of graphql-ws", { req: { connectionParams: {}, extra: { request: raw } } }, raw],
    ['the request itself', raw, raw],
    ['nothing', {}, undefined],
    ['no object', 'request', undefined],
    ['null', { req: null, request: undefined }, undefined],
    ['what a client sent', { req: { rawHeaders: [], headers: {}, socket: {}, raw: { rawHeaders: [] } } }, undefined],
    ['what lies too deep', { req: { req: { req: { req: { req: raw } } } } }, undefined],
  ])('is found in %s', (_, context, expected) => {
    expect(requestOfGraphqlContext(context)).toBe(expected);
  });

  it('is looked for in circles without end', () => {
    const circle: Record<string, unknown> = {};
    circle.req = circle.request = circle.connection = circle;
    expect(requestOfGraphqlContext(circle)).toBeUndefined();
  });
});
