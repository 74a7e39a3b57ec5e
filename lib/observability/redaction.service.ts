import { Inject, Injectable } from '@nestjs/common';
import type { GuardConfig } from '../config/guard-config';
import { LiveConfig } from '../config/live-config';
import type { GuardedRequest } from '../platform/guarded-request';
import { requestSecrets } from './request-secrets';
import { REDACTED, withoutSecrets } from './secret-text';
import { givesItselfAway, plainName, type SensitiveNames } from './sensitive-names';

/** The part of a request that a name belongs to. */
export type NameKind = keyof SensitiveNames;

type Names = Readonly<Record<NameKind, ReadonlySet<string>>>;

/** What the first word of a threat's path says about the names behind it. */
const KINDS: Readonly<Record<string, NameKind>> = { headers: 'headers', query: 'params', body: 'bodyFields' };

const MOST_NODES = 500;
const DEEPEST = 8;

/** Keeps credentials, cookies, and whatever the configuration calls sensitive out of log lines and events. */
@Injectable()
export class Redaction {
  private names: Names;
  private readonly credentialHeaders = new Set<string>();

  constructor(@Inject(LiveConfig) live: LiveConfig) {
    this.names = namesOf(live.current);
    live.onPrepare((next) => {
      const names = namesOf(next);
      return () => {
        this.names = names;
      };
    });
  }

  /** Makes a header known as one that carries credentials. */
  protectHeader(name: string): void {
    this.credentialHeaders.add(plainName(name));
  }

  isSensitive(kind: NameKind, name: string): boolean {
    const plain = plainName(name);
    if (kind === 'headers' && this.credentialHeaders.has(plain)) return true;
    return this.names[kind].has(plain) || givesItselfAway(name);
  }

  /** A text that may quote a request, without its secrets. */
  text(text: string, request?: GuardedRequest): string {
    return withoutSecrets(withoutLiterals(text, request === undefined ? [] : this.secretsOf(request)));
  }

  /** What was found in a request, without its secrets; a copy. */
  evidence<T extends object>(evidence: T, request?: GuardedRequest): T {
    const secrets = request === undefined ? [] : this.secretsOf(request);
    let nodes = 0;
    const copy = (value: unknown, depth: number): unknown => {
      if (typeof value === 'string') return withoutSecrets(withoutLiterals(value, secrets));
      if (value instanceof Error) return copy(`${value.name}: ${value.message}`, depth);
      if (typeof value !== 'object' || value === null || value instanceof Date) return value;
      if (++nodes > MOST_NODES || depth > DEEPEST) return '…';
      if (Array.isArray(value)) return value.map((entry) => copy(entry, depth + 1));
      const hidden = 'path' in value && typeof value.path === 'string' && this.isSensitivePath(value.path);
      const members = Object.entries(value).map(([name, member]): [string, unknown] => {
        const secret = (hidden && (name === 'excerpt' || name === 'value')) || givesItselfAway(name);
        return [name, secret ? REDACTED : copy(member, depth + 1)];
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

  private secretsOf(request: GuardedRequest): readonly string[] {
    // Before the body is parsed there are fewer.
    const key = request.body === undefined ? 'observability:early-secrets' : 'observability:secrets';
    return request.once(key, () => requestSecrets(request, (kind, name) => this.isSensitive(kind, name)));
  }
}

function withoutLiterals(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED);
  return clean;
}

function namesOf({ logSensitive: { headers = [], params = [], bodyFields = [] } }: GuardConfig): Names {
  const set = (names: readonly string[]) => new Set(names.map(plainName));
  return { headers: set(headers), params: set(params), bodyFields: set(bodyFields) };
}
