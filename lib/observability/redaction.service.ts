import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import type { EventRequest } from './guard-event';
import { PathSecrets } from './path-secrets';
import { requestSecrets } from './request-secrets';
import { REDACTED, withoutSecrets } from './secret-text';
import { givesItselfAway, plainName, type SensitiveNames, tellsASecret } from './sensitive-names';

/** The part of a request that a name belongs to. */
export type NameKind = keyof SensitiveNames;

type Names = Readonly<Record<NameKind, ReadonlySet<string>>>;

/** What the first word of a threat's path says about the names behind it. */
const KINDS: Readonly<Record<string, NameKind>> = { headers: 'headers', query: 'params', body: 'bodyFields' };

const MOST_NODES = 500;
const DEEPEST = 8;
/** Fewer characters of a secret help nobody. */
const SHORTEST_HALF = 4;

/** Keeps credentials, cookies, and whatever the configuration calls sensitive out of log lines and events. */
@Injectable()
export class Redaction {
  private names: Names;
  private readonly credentialHeaders = new Set<string>();
  // A short name such as `code` or `key` is the name of much else in a path: countries have codes.
  private readonly paths = new PathSecrets((name) => tellsASecret(name) || this.names.params.has(plainName(name)));

  constructor(@Inject(LiveConfig) live: LiveConfig) {
    this.names = namesOf(live.current);
    live.onPrepare((next) => {
      const names = namesOf(next);
      return () => {
        this.names = names;
        this.paths.reconsider();
      };
    });
  }

  /** Makes a header known as one that carries credentials. */
  protectHeader(name: string): void {
    this.credentialHeaders.add(plainName(name));
  }

  /**
   * Makes the template of an HTTP route known, such as `POST /reset/:token`, whose paths may hold a secret.
   *
   * @param labels what events call it.
   */
  protectPath(template: string, labels: readonly string[] = []): void {
    this.paths.learn(template, labels);
  }

  /** What is told about a request, without the secrets in its path. */
  described(request: EventRequest): EventRequest {
    const path = this.paths.hide(request.path, request.route);
    return path === request.path ? request : { ...request, path };
  }

  isSensitive(kind: NameKind, name: string): boolean {
    const plain = plainName(name);
    if (kind === 'headers' && this.credentialHeaders.has(plain)) return true;
    return this.names[kind].has(plain) || givesItselfAway(name);
  }

  /** A text that may quote a request, without its secrets. */
  text(text: string, request?: GuardedRequest): string {
    return this.clean(text, request === undefined ? [] : this.secretsOf(request));
  }

  /** What was found in a request, without its secrets; a copy. */
  evidence<T extends object>(evidence: T, request?: GuardedRequest): T {
    const secrets = request === undefined ? [] : this.secretsOf(request);
    let nodes = 0;
    const copy = (value: unknown, depth: number): unknown => {
      if (typeof value === 'string') return this.clean(value, secrets);
      if (value instanceof Error) return copy(`${value.name}: ${value.message}`, depth);
      if (typeof value !== 'object' || value === null || value instanceof Date) return value;
      if (++nodes > MOST_NODES || depth > DEEPEST) return '…';
      if (Array.isArray(value)) return value.map((entry) => copy(entry, depth + 1));
      const hidden = 'path' in value && typeof value.path === 'string' && this.isSensitivePath(value.path);
      const members = Object.entries(value as Record<string, unknown>).map(([name, member]): [string, unknown] => {
        const secret = (hidden && (name === 'excerpt' || name === 'value')) || givesItselfAway(name);
        if (secret) return [name, REDACTED];
        const whole = name === 'excerpt' && typeof member === 'string' ? withoutEnds(member, secrets) : member;
        return [name, copy(whole, depth + 1)];
      });
      return Object.fromEntries(members);
    };
    return copy(evidence, 0) as T;
  }

  /** Whether a value at `body.user.password`, `headers.cookie` or `query.token` is a secret. */
  private isSensitivePath(path: string): boolean {
    const [source = '', ...names] = path.split(/[.[\]]+/);
    if (source === 'cookies') return true;
    const kind = KINDS[source] ?? 'bodyFields';
    return names.some((name) => this.isSensitive(kind, name));
  }

  private clean(text: string, secrets: readonly string[]): string {
    return withoutSecrets(withoutLiterals(text, secrets), this.isParameter);
  }

  private readonly isParameter = (name: string): boolean => this.isSensitive('params', name);

  private secretsOf(request: GuardedRequest): readonly string[] {
    // Before the body is parsed there are fewer.
    const key = request.body === undefined ? 'observability:early-secrets' : 'observability:secrets';
    return request.once(key, () => requestSecrets(request, (kind, name) => this.isSensitive(kind, name), this.paths));
  }
}

function withoutLiterals(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
  return clean;
}

/** An excerpt without the halves of secrets that it was cut in. */
function withoutEnds(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    for (let length = Math.min(secret.length - 1, clean.length); length >= SHORTEST_HALF; length--) {
      if (clean.startsWith(secret.slice(-length))) clean = REDACTED + clean.slice(length);
      else if (clean.endsWith(secret.slice(0, length))) clean = clean.slice(0, -length) + REDACTED;
      else continue;
      break;
    }
  }
  return clean;
}

function namesOf({ logSensitive: { headers = [], params = [], bodyFields = [] } }: GuardConfig): Names {
  const set = (names: readonly string[]) => new Set(names.map(plainName));
  return { headers: set(headers), params: set(params), bodyFields: set(bodyFields) };
}
