// The same package, imported from an ES module by name.
import assert from 'node:assert/strict';
import { GuardModule, RateLimitGuard, RequireIp } from 'nestapi-guard';

assert.equal(typeof GuardModule.forRoot, 'function');
assert.equal(typeof RequireIp, 'function');
assert.equal(typeof RateLimitGuard, 'function');
