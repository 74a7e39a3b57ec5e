import { percentDecoded } from './percent-text';
import { givesItselfAway, tellsASecret } from './sensitive-names';

export const REDACTED = '[redacted]';

/** Longer texts are cut: nothing reads more of them. */
const LONGEST_TEXT = 4096;

// Each begins where a word begins, so that none is tried again inside of what it has just looked through.
const SCHEME_AND_CREDENTIALS = /\b(bearer|basic|digest|token)\s{1,4}[\w~+/.=-]{6,}/gi;
const JSON_WEB_TOKEN = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*)?/g;
const USER_OF_URL = /:\/\/[^\s/@]{1,256}@/g;
/** In the query of a URL that is quoted, such as a referrer: there even a short name is no word of prose. */
const PARAMETER = /([?&][\w.%[\]-]{1,64}=)[^\s"'&?;,}]+/g;
const ASSIGNMENT = /(?<![\w.-])([\w.-]{1,64})(["']?\s?[=:]\s?["']?)([^\s"'&;,}]+)/g;

/**
 * A text without what looks like a secret in it: credentials with their scheme, tokens, `password=…`.
 *
 * @param isSensitive what is the name of a secret in the query of a URL
 */
export function withoutSecrets(text: string, isSensitive: (name: string) => boolean = givesItselfAway): string {
  const short = text.length > LONGEST_TEXT ? text.slice(0, LONGEST_TEXT) : text;
  // Most texts, paths above all, have none of the characters that every one of these needs.
  if (!/[=:\s]|eyJ/.test(short)) return short;
  return short
    .replace(SCHEME_AND_CREDENTIALS, `$1 ${REDACTED}`)
    .replace(JSON_WEB_TOKEN, REDACTED)
    .replace(USER_OF_URL, `://${REDACTED}@`)
    .replace(PARAMETER, (whole: string, before: string) =>
      isSensitive(percentDecoded(before.slice(1, -1))) ? `${before}${REDACTED}` : whole,
    )
    .replace(ASSIGNMENT, (whole: string, name: string, equals: string) =>
      tellsASecret(name) ? `${name}${equals}${REDACTED}` : whole,
    );
}
