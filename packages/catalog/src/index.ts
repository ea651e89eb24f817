export { createCatalog, type Engines } from "./catalog.ts";
export { externalChecks } from "./external.ts";
