import { Injectable } from '@nestjs/common';
import type { FieldProblem } from '../config/config-problem';
import { inspectList } from '../config/setting';
import { hasBody } from '../platform/message-body';
import type { Refusal } from '../policy/refusal';
import type { RoutePolicy } from '../policy/route-policy';
import type { CompileTarget, Probe, SecurityCheck } from '../policy/security-check';
import { compileMediaRanges, mediaRangeProblem, parseMediaType } from './media-type';

const MISSING = refusal('body without a type');
const MALFORMED = refusal('malformed content type');
const UNLISTED = refusal('content type not listed');

/** Asks what kind of body a request brings. */
@Injectable()
export class ContentTypeCheck implements SecurityCheck {
  static readonly check = 'content_type';
  static readonly fields = ['contentTypeFilter'] as const;
  readonly name = ContentTypeCheck.check;
  readonly stage = 'arrival';
  readonly kinds = ['http', 'graphql'] as const;

  static inspect({ contentTypeFilter: types }: RoutePolicy): FieldProblem[] {
    if (types === undefined) return [];
    const path = 'contentTypeFilter';
    if (Array.isArray(types) && types.length === 0) {
      return [{ path, value: types, message: 'is empty and would refuse every body; name a media type' }];
    }
    const problems = inspectList(types, mediaRangeProblem, "a list of media types such as ['application/json']");
    return problems.map((problem) => ({ ...problem, path: `${path}${problem.path ?? ''}` }));
  }

  compile({ policy: { contentTypeFilter } }: CompileTarget): Probe | undefined {
    if (contentTypeFilter === undefined) return undefined;
    const isListed = compileMediaRanges(contentTypeFilter);
    return ({ raw, headers }) => {
      if (raw === undefined || !hasBody(raw)) return undefined;
      const header = headers['content-type'];
      if (header === undefined || header === '') return MISSING;
      const media = parseMediaType(header);
      // A range says what somebody accepts, not what he sends (RFC 9110 §12.5.1).
      if (media === undefined || media.type.includes('*') || media.subtype.includes('*')) return MALFORMED;
      return isListed(media) ? undefined : UNLISTED;
    };
  }
}

function refusal(reason: string): Refusal {
  return { status: 415, message: 'Unsupported media type', check: 'content_type', reason };
}
