import type { GuardedRequest } from '../platform/guarded-request';
import type { EventRequest } from './guard-event';
import { withoutSecrets } from './secret-text';

/** What events say about a request. */
export function describeRequest(request: GuardedRequest): EventRequest {
  const { kind, ip, country, method, path, route, id } = request;
  return {
    kind,
    ip,
    country,
    method,
    path: withoutSecrets(path),
    route: route?.ways.taken(path),
    handler: route?.name,
    requestId: id && withoutSecrets(id),
  };
}
