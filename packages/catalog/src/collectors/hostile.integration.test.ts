import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Collected, judge, OUTCOMES, Secret } from "@muster/kernel";
import type { Collector } from "@muster/contract";
import { Value } from "typebox/value";
import { checks } from "../registry.ts";
import { HOSTILE_BEHAVIOURS, type HostileBehaviour, serveHostile } from "../testing/hostile-server.ts";
import { createCorsProbe } from "./cors-probe/index.ts";
import { createExposureProbe } from "./exposure-probe/index.ts";
import { createPostgresStatistics } from "./postgres-statistics/index.ts";
import { createPrometheusMetrics } from "./prometheus-metrics/index.ts";
import { createReadinessEndpoint } from "./readiness-endpoint/index.ts";
import { createTlsHandshake } from "./tls-handshake/index.ts";

const clock = { now: () => 0 };
const REQUEST_MS = 300;
/** Milliseconds beyond the collector's own bound, on a machine that is busy with other tests. */
const SLACK_MS = 3_000;

const LOOKING: readonly Collector[] = [
  createReadinessEndpoint(clock, REQUEST_MS),
  createCorsProbe(clock, () => "nobody", REQUEST_MS),
  createExposureProbe(clock, () => "nobody", { requestMs: REQUEST_MS, budgetMs: 2 * REQUEST_MS }),
  createPrometheusMetrics(clock, { requestMs: REQUEST_MS, windowMs: 1, bodyBytes: 128 * 1024, samples: 50 }),
  createTlsHandshake(clock, { handshakeMs: REQUEST_MS }),
  createPostgresStatistics(clock, REQUEST_MS),
];

/** What these servers do is no answer in any protocol that is asked for, so nothing that needs one may pass. */
const NO_ANSWER: readonly HostileBehaviour[] = [
  "silence",
  "close at once",
  "reset at once",
  "garbage instead of HTTP",
  "another protocol",
  "slow loris in the headers",
  "endless headers",
  "only 1xx, for ever",
  "a flood of 1xx",
];

for (const collector of LOOKING) {
  describe(`${collector.id} of a hostile server`, { concurrency: true }, () => {
    for (const behaviour of Object.keys(HOSTILE_BEHAVIOURS) as HostileBehaviour[]) {
      test(`${behaviour} gives facts in time and leaves no connection open`, { timeout: 30_000 }, async () => {
        const server = await serveHostile(behaviour);
        const scheme = collector.id === "tls-handshake" ? "https" : "http";
        const target = {
          url: new URL(`${scheme}://127.0.0.1:${server.port}/`),
          paths: { readiness: "/readyz", metrics: "/metrics" },
          postgres: new Secret(`postgresql://user:S3CRET@127.0.0.1:${server.port}/db`),
        };
        const started = performance.now();
        try {
          const facts = JSON.parse(
            JSON.stringify(await collector.collect(target, { signal: new AbortController().signal })),
          );
          const elapsed = performance.now() - started;
          await server.idle();

          assert.ok(elapsed < collector.timeoutMs + SLACK_MS, `took ${elapsed} ms`);
          assert.deepEqual(Value.Errors(collector.facts.schema, facts), []);
          assert.doesNotMatch(JSON.stringify(facts), /S3CRET/);
          const seen: Record<string, Collected> = { [collector.id]: { status: "collected", value: facts } };
          for (const check of checks) {
            if (!check.requires.includes(collector.id)) continue;
            const { outcome, summary } = judge(check, check.defaults, seen);
            assert.ok(OUTCOMES.includes(outcome));
            assert.doesNotMatch(summary, /the check itself failed/);
            if (NO_ANSWER.includes(behaviour)) assert.match(outcome, /^(fail|unknown)$/, check.id);
          }
        } finally {
          await server.close();
        }
      });
    }
  });
}
