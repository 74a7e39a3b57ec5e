import { createRequire } from 'node:module';
import { markRefusal } from '../platform/refusal-messages';
import { GuardException, withoutStack } from './guard-exception';

type ExceptionClass = new (body: object) => Error;

/** The exception that Nest's default filter of a kind of context turns into an answer by itself. */
export function exceptionFor(exception: GuardException, contextType: string): Error {
  switch (contextType) {
    case 'graphql':
      return withoutStack(() => new GraphqlGuardException(exception));
    case 'ws':
      return foreign('@nestjs/websockets', 'WsException', exception);
    case 'rpc':
      return foreign('@nestjs/microservices', 'RpcException', exception);
    default:
      return exception;
  }
}

/**
 * Nest's GraphQL drivers rewrite every error with a `response.statusCode`: its code would become `FORBIDDEN` and its status
 * would be hidden in `originalError`. This one keeps its body where only `getResponse()` finds it.
 */
class GraphqlGuardException extends GuardException {
  private readonly body: object;

  constructor(exception: GuardException) {
    const body = exception.getResponse() as object;
    super(exception.refusal, body);
    this.name = GuardException.name;
    this.body = body;
    Reflect.deleteProperty(this, 'response');
  }

  override getResponse(): object {
    return this.body;
  }
}

const optionalClasses = new Map<string, ExceptionClass | undefined>();

// The packages are there wherever such a context is: loaded with the first refusal, and by nobody who has no gateway and no
// microservice. What the default filters make of any other exception is "Internal server error".
function foreign(packageName: string, className: string, exception: GuardException): Error {
  if (!optionalClasses.has(packageName)) optionalClasses.set(packageName, loadClass(packageName, className));
  const Exception = optionalClasses.get(packageName);
  return Exception === undefined ? exception : withoutStack(() => new Exception(messageBody(exception)));
}

function loadClass(packageName: string, className: string): ExceptionClass | undefined {
  for (const place of [__filename, `${process.cwd()}/`]) {
    try {
      return (createRequire(place)(packageName) as Record<string, ExceptionClass>)[className];
    } catch {
      continue;
    }
  }
  return undefined;
}

/** What the client of a gateway or of a microservice is told. */
function messageBody(exception: GuardException): object {
  const body: Record<string, unknown> = { message: exception.message, ...(exception.getResponse() as object) };
  // The reason phrase of an HTTP status.
  delete body.error;
  return markRefusal({ ...body, status: 'error', code: exception.code, statusCode: exception.getStatus() });
}
