export * from "./marks.ts";
export * from "./timeline.ts";
export * from "./verdict.ts";
export * from "./words.ts";
