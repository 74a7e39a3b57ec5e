/** Whether the three guards stand before every handler, or only where the application places them (`registerGuards`). */
export const GUARDS_ARE_GLOBAL = Symbol('nestapi-guard:guards-are-global');
