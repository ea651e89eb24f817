export { createCatalog } from "./catalog.ts";
export { externalChecks } from "./external.ts";
export type { Engines } from "./registry.ts";
