import Type, { type Static } from "typebox";
import type { LoadTarget } from "../unit/target.ts";

const Milliseconds = Type.Number({ minimum: 0 });

/** Percentiles of one kind of time, in milliseconds. Absent when nothing was recorded. */
export const LatencySchema = Type.Object({
  min: Milliseconds,
  mean: Milliseconds,
  p50: Milliseconds,
  p90: Milliseconds,
  p95: Milliseconds,
  p99: Milliseconds,
  p999: Milliseconds,
  max: Milliseconds,
});

/** What an open-model load on one request came to. */
export const LoadResultSchema = Type.Object({
  askedPerSecond: Type.Number(),
  achievedPerSecond: Type.Number(),
  durationMs: Milliseconds,
  /** Requests that the schedule called for. Each is in exactly one of the three that follow. */
  scheduled: Type.Integer(),
  answered: Type.Integer(),
  failed: Type.Integer(),
  missed: Type.Integer(),
  /** Failed requests by kind: `connect`, `timeout`, `reset`, `protocol`, and `status` for 4xx and 5xx answers. */
  errors: Type.Record(Type.String(), Type.Integer()),
  /** Answers by status code. */
  statuses: Type.Record(Type.String(), Type.Integer()),
  /** From the intended start to the last byte: what a user waits, free of coordinated omission. */
  response: Type.Optional(LatencySchema),
  /** From the send to the last byte. */
  service: Type.Optional(LatencySchema),
  /** From the intended start to the send: how late the generator was. */
  sendLag: Type.Optional(LatencySchema),
  bytesIn: Type.Integer(),
  bytesOut: Type.Integer(),
  /** Whether the generator kept up; a run that was its own bottleneck says nothing about the service. */
  valid: Type.Boolean(),
  invalidBecause: Type.Optional(Type.String()),
});

export type LoadResult = Static<typeof LoadResultSchema>;

/** Puts a load on a service. Passed to the catalogue by whoever composes the program. */
export type LoadRunner = (base: URL, load: LoadTarget, signal: AbortSignal) => Promise<LoadResult>;
