import Type, { type Static } from "typebox";
import { LatencySchema } from "./load-result.ts";

const Count = Type.Integer({ minimum: 0 });
const Milliseconds = Type.Number({ minimum: 0 });
const Counts = Type.Record(Type.String(), Count);
const Latency = Type.Optional(LatencySchema);

/** A histogram as plain data: `buckets` alternates the number of a bucket and how many values it holds. */
export const HistogramDataSchema = Type.Object({
  count: Count,
  sumUnits: Type.Number(),
  min: Type.Number(),
  max: Type.Number(),
  buckets: Type.Array(Count),
});

/** The figures of some of a run's requests: all, those of a scenario, of a step, or with a tag. Times in ms. */
export const RequestFiguresSchema = Type.Object({
  name: Type.String(),
  requests: Count,
  failed: Count,
  perSecond: Type.Number({ minimum: 0 }),
  /** Failed requests by kind: `connect`, `timeout`, `reset`, `protocol`, and `status` for 4xx and 5xx answers. */
  errors: Counts,
  statuses: Counts,
  bytesIn: Count,
  bytesOut: Count,
  /** From the intended start to the last byte: what a user waits, free of coordinated omission. */
  response: Latency,
  /** From the send to the last byte. */
  service: Latency,
  /** From the send to the first byte. */
  firstByte: Latency,
  /** From the intended start to the send. */
  sendLag: Latency,
  /** Share of satisfied users, where the plan says what satisfies them: 1 is all of them, 0 none (apdex.org). */
  apdex: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  /** The whole of `response`, so that it can be merged and judged again. */
  histogram: HistogramDataSchema,
});

export const ScenarioFiguresSchema = Type.Object({
  name: Type.String(),
  /** Calls of the scenario: every one that was due is completed, failed, interrupted or missed. */
  iterations: Type.Object({ started: Count, completed: Count, failed: Count, interrupted: Count, missed: Count }),
  iteration: Latency,
  total: RequestFiguresSchema,
  steps: Type.Array(RequestFiguresSchema),
  groups: Type.Array(Type.Object({ name: Type.String(), count: Count, duration: Latency })),
  checks: Type.Array(Type.Object({ name: Type.String(), passed: Count, failed: Count })),
});

export const CustomFiguresSchema = Type.Union([
  Type.Object({ name: Type.String(), kind: Type.Literal("counter"), total: Type.Number() }),
  Type.Object({
    name: Type.String(),
    kind: Type.Literal("gauge"),
    last: Type.Number(),
    min: Type.Number(),
    max: Type.Number(),
  }),
  Type.Object({
    name: Type.String(),
    kind: Type.Literal("trend"),
    count: Count,
    /** In whatever unit the scenario records; empty without values. */
    values: Latency,
  }),
]);

export const LoadSliceSchema = Type.Object({
  /** Ms from the start of the run to the start of the slice. */
  atMs: Milliseconds,
  requests: Count,
  failed: Count,
  users: Count,
  p50: Type.Optional(Milliseconds),
  p95: Type.Optional(Milliseconds),
  p99: Type.Optional(Milliseconds),
  /** How many answers took how long: alternating the lower edge of a coarse bucket in ms, and a count. */
  heat: Type.Array(Type.Number()),
});

/** Where a plan changes what it asks for. */
export const LoadStageSchema = Type.Object({
  /** Ms from the start of the run. */
  atMs: Milliseconds,
  /** What is asked for from then on, for people: `to 200/s`, `holds 50 users`. */
  label: Type.String(),
});

export const ThresholdResultSchema = Type.Object({
  text: Type.String(),
  ok: Type.Boolean(),
  /** What was seen, in ms, as a share of 1, per second, or plain; absent without data. */
  seen: Type.Optional(Type.Number()),
  /** What was allowed, in the same unit; a chart draws it as a line. */
  limit: Type.Number(),
  /** What kind of figure it is about: `response p95`, `errors`, `rate`. */
  figure: Type.String(),
  summary: Type.String(),
});

/** A request that carried a trace id, by which its span is found at the server. */
export const TracedRequestSchema = Type.Object({
  name: Type.String(),
  trace: Type.String(),
  responseMs: Milliseconds,
  /** What the server said about its own time. */
  serverTiming: Type.Optional(Type.String()),
  /** How it failed, if it did. */
  failure: Type.Optional(Type.String()),
});

/** Everything that a load test found out: the evidence, and the source of every report. */
export const LoadReportSchema = Type.Object({
  format: Type.Literal("muster-load/1"),
  /** `invalid`: the generator did not do what was asked, so nothing is said about the service. */
  verdict: Type.Enum(["passed", "failed", "invalid"]),
  /** One sentence that begins with the verdict. */
  sentence: Type.String(),
  /** Why the run is not valid or failed, apart from thresholds. */
  reasons: Type.Array(Type.String()),
  target: Type.String(),
  startedAt: Type.String(),
  durationMs: Milliseconds,
  /** Whether a part of the generator was lost on the way, or the run was stopped before its end. */
  partial: Type.Boolean(),
  thresholds: Type.Array(ThresholdResultSchema),
  total: RequestFiguresSchema,
  scenarios: Type.Array(ScenarioFiguresSchema),
  tags: Type.Array(RequestFiguresSchema),
  custom: Type.Array(CustomFiguresSchema),
  sliceMs: Type.Integer({ minimum: 1 }),
  timeline: Type.Array(LoadSliceSchema),
  /** The stages of the plan, in order; absent where the load has none. */
  stages: Type.Optional(Type.Array(LoadStageSchema)),
  /** What failed requests and iterations said, most frequent first. */
  messages: Type.Array(Type.Object({ message: Type.String(), count: Count })),
  /** The slowest requests that carried a trace id, with what the server said about its own time. */
  samples: Type.Array(TracedRequestSchema),
  /** Some of each way to fail, of the requests that carried a trace id. */
  failures: Type.Optional(Type.Array(TracedRequestSchema)),
  /** What was not kept apart because there were too many, and how many requests or checks that was. */
  folded: Counts,
  generator: Type.Object({
    workers: Type.Integer({ minimum: 1 }),
    cpuMs: Milliseconds,
    /** The busiest worker's, 0 to 1. */
    loopUtilisation: Type.Number({ minimum: 0, maximum: 1 }),
    gcMs: Milliseconds,
    gcMaxMs: Milliseconds,
    /** How late the generator noticed what was due. */
    lag: Latency,
    connections: Type.Object({
      opened: Count,
      failed: Count,
      retries: Count,
      connect: Latency,
      tls: Latency,
    }),
  }),
  environment: Type.Record(Type.String(), Type.String()),
});

export type RequestFigures = Static<typeof RequestFiguresSchema>;
export type ScenarioFigures = Static<typeof ScenarioFiguresSchema>;
export type CustomFigures = Static<typeof CustomFiguresSchema>;
export type LoadSlice = Static<typeof LoadSliceSchema>;
export type LoadStage = Static<typeof LoadStageSchema>;
export type ThresholdResult = Static<typeof ThresholdResultSchema>;
export type LoadReport = Static<typeof LoadReportSchema>;
