export * from "./sample-evidence.ts";
export * from "./small-disk.ts";
export * from "./temporary-postgres.ts";
