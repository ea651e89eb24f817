export * from "./collect.ts";
export * from "./describe.ts";
export * from "./environment.ts";
export * from "./readiness.ts";
export * from "./run/assess.ts";
export * from "./run/run-workflow.ts";
export * from "./sign-in.ts";
export * from "./waive.ts";
