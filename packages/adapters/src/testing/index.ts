export * from "./temporary-postgres.ts";
