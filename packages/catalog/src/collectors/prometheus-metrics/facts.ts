import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { FailureSchema } from "../../wire/failure.ts";

export const SampleSchema = Type.Object({
  name: Type.String(),
  labels: Type.Record(Type.String(), Type.String()),
  /** JSON has no infinities and no NaN, so these are words. */
  value: Type.Union([Type.Number(), Type.Enum(["NaN", "+Inf", "-Inf"])]),
});

/** Facts of scraping the metrics path. */
export const prometheusMetricsFacts = defineFacts(
  "prometheus-metrics",
  Type.Object({
    url: Type.String(),
    observedAt: Type.String(),
    failure: Type.Optional(FailureSchema),
    status: Type.Optional(Type.Integer()),
    contentType: Type.Optional(Type.String()),
    /** Milliseconds between the scrape whose samples these are and the one before it. */
    windowMs: Type.Number({ minimum: 0 }),
    samples: Type.Array(SampleSchema),
    /** Lines that are not of the text exposition format. */
    malformedLines: Type.Integer(),
    /** Whether there were more samples than are kept. */
    cut: Type.Boolean(),
  }),
);

export type PrometheusMetrics = FactsOf<typeof prometheusMetricsFacts>;
