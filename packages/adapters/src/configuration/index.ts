export * from "./find-configuration.ts";
export * from "./load-configuration.ts";
