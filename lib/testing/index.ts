/**
 * What tests of an application import.
 *
 * @module nestapi-guard/testing
 */

export { FakeGeoHandler } from './fake-geo-handler';
export { overrideGuard, type GuardOverrides, type ProviderOverrides } from './override-guard';
export { TestClock } from './test-clock';
export { guardedRequest, inspectedRequest, type TestRequestOptions } from './test-request';
export { TestStateStore } from './test-state-store';
