/**
 * What a route demands, as data: one field per decorator, named after it. Each room adds its fields by declaration
 * merging, so that a room owns everything of its subject.
 */
export interface RoutePolicy {}

/** Where a field of a route's effective policy comes from. */
export type PolicySource = 'config' | 'class' | 'method';

export type PolicyField = keyof RoutePolicy;
