import type { GuardedRequest } from '../platform/guarded-request';
import type { EventRequest } from './guard-event';
import { withoutSecrets } from './secret-text';

/** What events say about a request. */
export function describeRequest(request: GuardedRequest): EventRequest {
  const { kind, ip, method, path, route, id } = request;
  return { kind, ip, method, path: withoutSecrets(path), route: route?.template, requestId: id && withoutSecrets(id) };
}
