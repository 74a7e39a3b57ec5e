import type { GuardedRequest } from '../platform/guarded-request';
import type { EventRequest } from './guard-event';

/** What events say about a request. */
export function describeRequest(request: GuardedRequest): EventRequest {
  const { kind, ip, method, path, route } = request;
  return { kind, ip, method, path, route: route?.template, requestId: request.id };
}
