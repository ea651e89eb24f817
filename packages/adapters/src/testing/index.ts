export * from "./sample-evidence.ts";
export * from "./temporary-postgres.ts";
