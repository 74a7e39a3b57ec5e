import { validateHeaderValue } from 'node:http';
import { eachProblem } from './expect-problem';
import type { CspOptions } from '../../lib/response/content-security-policy.options';
import { cspNonceOf, issueNonce } from '../../lib/response/csp-nonce';
import { compileSecurityHeaders, securityHeadersProblems } from '../../lib/response/security-headers';

function policyOf(csp: CspOptions): readonly [string, string] | undefined {
  return compileSecurityHeaders({ csp }).plain.find(([name]) => name.startsWith('Content-Security-Policy'));
}

describe('a policy', () => {
  it.each<[CspOptions, string]>([
    [{ defaultSrc: ["'self'"] }, "default-src 'self'"],
    [{ 'default-src': "'self'  https:" }, "default-src 'self' https:"],
    [{ scriptSrcElem: ["'self'"], imgSrc: false }, "script-src-elem 'self'"],
    [{ defaultSrc: "'none'", upgradeInsecureRequests: true }, "default-src 'none'; upgrade-insecure-requests"],
    [{ 'upgrade-insecure-requests': [] }, 'upgrade-insecure-requests'],
    [{ sandbox: true }, 'sandbox'],
    [{ sandbox: ['allow-scripts', 'allow-forms'] }, 'sandbox allow-scripts allow-forms'],
    [
      { trustedTypes: ['default', "'allow-duplicates'"], requireTrustedTypesFor: "'script'" },
      "trusted-types default 'allow-duplicates'; require-trusted-types-for 'script'",
    ],
    [
      { scriptSrc: ["'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"] },
      "script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    ],
    [
      { connectSrc: ['wss://a.example:8443', '*.b.example', 'https://c.example/%3B'] },
      'connect-src wss://a.example:8443 *.b.example https://c.example/%3B',
    ],
    [{ imgSrc: '*', reportUri: '/csp', reportTo: 'csp' }, 'img-src *; report-uri /csp; report-to csp'],
  ])('%j', (csp, value) => expect(policyOf(csp)).toEqual(['Content-Security-Policy', value]));

  it('can only report', () => {
    expect(policyOf({ defaultSrc: "'self'", reportOnly: true })).toEqual([
      'Content-Security-Policy-Report-Only',
      "default-src 'self'",
    ]);
  });
});

describe('problems', () => {
  eachProblem(
    [
      [{}, '', /no directive/],
      [{ reportOnly: true }, '', /no directive/],
      [{ imgSrc: false }, '', /no directive/],
      ["default-src 'self'", '', /object of directives/],
      [{ imgSrc: '*', reportOnly: 1 }, '.reportOnly', /true or false/],
      [{ imgSrc: '*', scritpSrc: '*' }, '.scritpSrc', /not a directive/, 'script-src'],
      [{ imgSrc: '*', script_src: '*' }, '.script_src', /not a directive/, 'script-src'],
      [{ imgSrc: '*', 'script-src;x': '*' }, '.script-src;x', /not a directive/, 'script-src'],
      [{ imgSrc: '*', 'img-src': '*' }, '.img-src', /repeats/],
      [{ imgSrc: [] }, '.imgSrc', /empty/, "'none'"],
      [{ imgSrc: '' }, '.imgSrc', /empty/, "'none'"],
      [{ imgSrc: true }, '.imgSrc', /list of sources/],
      [{ imgSrc: null }, '.imgSrc', /list of sources/],
      [{ imgSrc: ['*', 1] }, '.imgSrc[1]', /text/],
      [{ imgSrc: ["'self' https:"] }, '.imgSrc[0]', /one source per item/],
      [{ imgSrc: ["'self'; script-src *"] }, '.imgSrc[0]', /`;`/],
      [{ imgSrc: 'https://a.example;script-src' }, '.imgSrc', /`;`/],
      [{ imgSrc: ['https://a.example,https://b.example'] }, '.imgSrc[0]', /`,`/],
      [{ imgSrc: ['https://a.example\r\nX-B:c'] }, '.imgSrc[0]', /printable/],
      [{ imgSrc: 'https://a.example\nX-B:c' }, '.imgSrc', /printable/],
      [{ imgSrc: ['https://münchen.example'] }, '.imgSrc[0]', /ASCII/],
      [{ imgSrc: ['self'] }, '.imgSrc[0]', /without quotes/, "'self'"],
      [{ scriptSrc: ['Unsafe-Inline'] }, '.scriptSrc[0]', /without quotes/, "'unsafe-inline'"],
      [{ scriptSrc: ['nonce'] }, '.scriptSrc[0]', /without quotes/, "'nonce'"],
      [{ scriptSrc: ['sha256-abc='] }, '.scriptSrc[0]', /without quotes/, "'sha256-abc='"],
      [{ scriptSrc: ["'slef'"] }, '.scriptSrc[0]', /not a keyword/, "'self'"],
      [{ scriptSrc: ["'self"] }, '.scriptSrc[0]', /not a keyword/, "'self'"],
      [{ scriptSrc: ["'nonce-abc'"] }, '.scriptSrc[0]', /every response/, "'nonce'"],
      [{ imgSrc: ["'nonce'"] }, '.imgSrc[0]', /no effect/],
      [{ imgSrc: ["'none'", 'https:'] }, '.imgSrc', /alone/],
      [{ upgradeInsecureRequests: 'yes' }, '.upgradeInsecureRequests', /no value/],
      [{ reportUri: '/a;b' }, '.reportUri', /%3B/],
    ],
    (csp) =>
      securityHeadersProblems({ csp }).map((problem) => ({ ...problem, path: problem.path?.replace('.csp', '') })),
  );
});

describe('a nonce', () => {
  const csp: CspOptions = { scriptSrc: ["'nonce'", "'strict-dynamic'"], styleSrc: "'self' 'nonce'" };

  it('makes the policy a template, outside the constant lists', () => {
    expect(policyOf(csp)).toBeUndefined();
    const { nonce } = compileSecurityHeaders({ csp });
    expect(nonce?.name).toBe('Content-Security-Policy');
    expect(nonce?.value('r4nd0m')).toBe("script-src 'nonce-r4nd0m' 'strict-dynamic'; style-src 'self' 'nonce-r4nd0m'");
    expect(compileSecurityHeaders({ csp: { ...csp, reportOnly: true } }).nonce?.name).toBe(
      'Content-Security-Policy-Report-Only',
    );
  });

  it('is absent without the placeholder and when headers are off', () => {
    expect(compileSecurityHeaders({ csp: { scriptSrc: "'self'" } })).not.toHaveProperty('nonce');
    expect(compileSecurityHeaders({ csp, enabled: false })).not.toHaveProperty('nonce');
  });

  it('has 128 bits, differs per request and is known to its request only, on every platform', () => {
    const { nonce: template } = compileSecurityHeaders({ csp });
    const raw = {};
    const other = {};
    const nonces = [issueNonce(raw), issueNonce(other)];
    for (const nonce of nonces) {
      expect(Buffer.from(nonce, 'base64')).toHaveLength(16);
      validateHeaderValue('Content-Security-Policy', template!.value(nonce));
    }
    expect(nonces[0]).not.toBe(nonces[1]);
    expect(cspNonceOf(raw)).toBe(nonces[0]);
    expect(cspNonceOf({ raw: other })).toBe(nonces[1]);
    expect(cspNonceOf({})).toBeUndefined();
  });
});
