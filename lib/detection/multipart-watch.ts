import { type GuardedRequest } from '../platform/guarded-request';
import { type DetectionPolicy } from './detection-policy';
import { type DetectionService } from './detection.service';
import { type DetectionResult } from './detection.types';
import { boundaryOf } from './values/multipart-parts';
import { MultipartStream } from './values/multipart-stream';

/**
 * Inspects a multipart body that the application reads behind the guards (an interceptor for files, a handler): each part
 * as it passes by, before its reader has it.
 */
export function watchMultipart(
  request: GuardedRequest,
  detection: DetectionService,
  policy: DetectionPolicy,
  refuse: (result: DetectionResult) => void,
): void {
  const contentType = request.headers['content-type'];
  if (contentType === undefined || request.raw?.readableEnded !== false || !/^multipart\//i.test(contentType)) return;
  const boundary = boundaryOf(contentType);
  const tap = boundary === undefined ? undefined : request.tapBody();
  if (boundary === undefined || tap === undefined) return;
  const inspect = detection.openBody(request, policy);
  let refused = false;
  const stream = new MultipartStream(boundary, (part) => {
    if (refused) return;
    const result = inspect(part);
    const verdict: DetectionResult = part.shortened && !result.suspicious ? { ...result, truncated: ['text'] } : result;
    if (!verdict.suspicious && verdict.truncated === undefined) return;
    refused = true;
    refuse(verdict);
  });
  tap.observe((chunk) => stream.write(chunk));
}
