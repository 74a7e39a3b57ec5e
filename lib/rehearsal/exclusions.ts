import { quote } from '../observability/log-text';
import type { Exclusion, RehearsalFinding } from './rehearsal-summary';

/** What is asked of trusted addresses neither: `exemptIps` silences these checks. */
const SPARE_TRUSTED = new Set(['ip_ban', 'country', 'clouds', 'user_agent', 'behavior', 'rate_limit', 'penetration']);

/** More addresses are no exemption but another policy. */
const MOST_EXEMPTED = 3;
const LONGEST_NAME = 100;

const CONFIGURATION = 'in the configuration';

/** The lists of `detectionExclude` by the first word of a place. */
const EXCLUDABLE: Readonly<Record<string, string>> = {
  body: 'bodyFields',
  query: 'params',
  headers: 'headers',
  cookies: 'cookies',
};

type Subject = Pick<RehearsalFinding, 'check' | 'reason' | 'handler' | 'place'>;

/** What would silence a finding, from the narrowest to the widest. */
export function exclusionsOf({ check, reason, handler, place }: Subject, clients: readonly string[]): Exclusion[] {
  const found = check === 'penetration' ? detectionExclusions(reason, handler, place) : [];
  const addresses = clients.length > 0 && clients.length <= MOST_EXEMPTED ? listed(clients) : undefined;
  const field = addresses === undefined ? undefined : addressField(check, reason);
  if (field !== undefined) found.push({ code: `${field}: ${addresses}`, where: CONFIGURATION });
  if (handler !== undefined) found.push({ code: `@Bypass([${quoted(check)}])`, where: `on ${handler}` });
  else if (found.length === 0) found.push({ code: `checkModes: { ${check}: 'off' }`, where: CONFIGURATION });
  return found;
}

function detectionExclusions(reason: string, handler: string | undefined, place: string | undefined): Exclusion[] {
  if (reason === 'inspection budget') return [{ code: `detectionOverBudget: 'allow'`, where: CONFIGURATION }];
  const [source = '', ...names] = (place ?? '').split('.');
  const list = EXCLUDABLE[source];
  const name = names.join('.');
  if (list === undefined || name === '' || name.length > LONGEST_NAME) return [];
  const exclusion = `{ ${list}: [${quoted(name)}] }`;
  const everywhere = { code: `detectionExclude: ${exclusion}`, where: CONFIGURATION };
  if (handler === undefined) return [everywhere];
  return [{ code: `@SuspiciousDetection({ exclude: ${exclusion} })`, where: `on ${handler}` }, everywhere];
}

/** The list that an address has to be in. */
function addressField(check: string, reason: string): string | undefined {
  if (check === 'emergency') return 'emergencyWhitelist';
  if (check === 'ip' && reason === 'not in whitelist') return 'whitelist';
  return SPARE_TRUSTED.has(check) ? 'exemptIps' : undefined;
}

function listed(texts: readonly string[]): string {
  return `[${texts.map(quoted).join(', ')}]`;
}

function quoted(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) && !/['\\]/.test(text) ? `'${text}'` : quote(text);
}
