import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FrameworkRequest } from './framework-request';

interface Node {
  readonly kind: string;
}

interface ValueNode extends Node {
  readonly value?: unknown;
  readonly values?: readonly ValueNode[];
  readonly fields?: readonly { readonly name: { readonly value: string }; readonly value: ValueNode }[];
}

interface ArgumentNode {
  readonly name: { readonly value: string };
  readonly value: ValueNode;
}

interface SelectionNode extends Node {
  readonly name?: { readonly value: string };
  readonly arguments?: readonly ArgumentNode[];
  readonly directives?: readonly SelectionNode[];
  readonly selectionSet?: { readonly selections: readonly SelectionNode[] };
}

/** The part of `GraphQLResolveInfo` that is read here: the package `graphql` is not needed for it. */
export interface ResolveInfo {
  readonly operation: SelectionNode;
  readonly fragments: Readonly<Record<string, SelectionNode>>;
  readonly variableValues: object;
}

export interface GraphqlCall {
  readonly context: unknown;
  readonly info: ResolveInfo | undefined;
}

/** What Nest hands a guard of a field `(root, args, context, info)`, of a reference `(reference, context, info)` or a type. */
export function graphqlCall(args: readonly unknown[]): GraphqlCall {
  const at = args.findIndex(isResolveInfo);
  return at < 1 ? { context: args[2], info: undefined } : { context: args[at - 1], info: args[at] as ResolveInfo };
}

function isResolveInfo(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && 'fieldName' in value && 'operation' in value && 'schema' in value
  );
}

/** The names under which drivers and applications keep the request, or something that leads to it. */
const LEADS = ['req', 'request', 'raw', 'extra', 'reply', 'res', 'connection'] as const;

/** Both default contexts, custom ones, and graphql-ws (`req.extra.request`) are found within this many steps. */
const MAX_STEPS = 4;

/**
 * The request behind a GraphQL context: Express's, Fastify's, or the upgrade request of a subscription's connection.
 *
 * What a client sends (the connection parameters, say, spread over a context) must not pass for a request: only a stream
 * of Node, or what wraps one, is one.
 */
export function requestOfGraphqlContext(context: unknown, steps = MAX_STEPS): FrameworkRequest | undefined {
  if (typeof context !== 'object' || context === null) return undefined;
  if (isNodeRequest(context)) return context;
  const candidates = context as Readonly<Record<string, unknown>>;
  if (isNodeRequest(candidates.raw)) return context;
  if (steps === 0) return undefined;
  for (const lead of LEADS) {
    const found = requestOfGraphqlContext(candidates[lead], steps - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A request of Node, of its HTTP/2 compatibility layer or of Fastify's `inject()`. */
export function isNodeRequest(value: unknown): value is IncomingMessage & FrameworkRequest {
  return value instanceof Readable && Array.isArray((value as Partial<IncomingMessage>).rawHeaders);
}

/**
 * Everything the fields of an operation can read: its variables, and the arguments written into the query itself. Aliases
 * and fragments count: one operation may call one field many times.
 */
export function operationValues({ operation, fragments, variableValues }: ResolveInfo): object {
  const written: Record<string, unknown[]> = Object.create(null) as Record<string, unknown[]>;
  const pending: SelectionNode[] = [operation, ...Object.values(fragments)];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.arguments !== undefined && node.arguments.length > 0) {
      (written[node.name?.value ?? ''] ??= []).push(objectOf(node.arguments));
    }
    if (node.directives !== undefined) pending.push(...node.directives);
    if (node.selectionSet !== undefined) pending.push(...node.selectionSet.selections);
  }
  return { variables: variableValues, arguments: written };
}

function objectOf(fields: readonly ArgumentNode[]): object {
  const object = Object.create(null) as Record<string, unknown>;
  for (const { name, value } of fields) object[name.value] = literal(value);
  return object;
}

// As deep as the query is nested, which graphql's own parser, recursive too, has survived.
function literal(node: ValueNode): unknown {
  if (node.values !== undefined) return node.values.map(literal);
  if (node.fields !== undefined) return objectOf(node.fields);
  return node.value;
}
