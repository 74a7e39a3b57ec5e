/**
 * What a route demands, as data: one field per decorator, named after it. Each room adds its fields by declaration
 * merging, so that a room owns everything of its subject.
 */
export interface RoutePolicy {}

/** The layers of a route's policy, each of which overrides the one before it. The first includes the defaults. */
export type PolicyLayer = 'config' | 'class' | 'method';

/** Where a field of a route's effective policy comes from; `'default'` where the configuration leaves it as it is. */
export type PolicySource = 'default' | PolicyLayer;

export type PolicyField = keyof RoutePolicy;
