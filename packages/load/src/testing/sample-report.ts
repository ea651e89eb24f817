import type { LoadReport } from "@muster/contract";
import { countCheck, countMessage, createMetrics, scenarioMetrics, stepSeries } from "../metrics/metrics.ts";
import { recordAnswer } from "../metrics/series.ts";
import { createTimeline, recordInTime } from "../metrics/timeline.ts";
import { writeReport } from "../result/report.ts";

/** A small report with something of everything, the same each time. Names carry what formats have to escape. */
export function sampleReport(changes: { readonly losses?: readonly string[] } = {}): LoadReport {
  const metrics = createMetrics();
  const shop = scenarioMetrics(metrics, 'shop "A"');
  const timeline = createTimeline();
  for (let ms = 1; ms <= 100; ms += 1) {
    const status = ms === 100 ? 500 : 200;
    recordAnswer(
      stepSeries(metrics, shop, "GET /a<b>"),
      { intendedAt: 0, sentAt: 1, firstByteAt: ms },
      ms,
      status,
      100,
      50,
    );
    recordInTime(timeline, ms * 20, ms, status >= 400);
    countCheck(metrics, shop, "is 200", status === 200);
    shop.iterations.started += 1;
    shop.iterations.completed += 1;
  }
  countCheck(metrics, shop, "is fast", false);
  countMessage(metrics, "GET /a<b>: status 500");
  return writeReport({
    target: "http://127.0.0.1:8080/",
    thresholds: ["p95 < 200ms", "errors < 0.5%"],
    metrics,
    timeline,
    health: [{ cpuMs: 120, elapsedMs: 2_000, loopUtilisation: 0.1, gcMs: 3, gcMaxMs: 1 }],
    samples: [
      { name: "GET /a<b>", trace: "0123456789abcdef0123456789abcdef", responseMs: 99, serverTiming: "db;dur=80" },
    ],
    startedAt: Date.UTC(2026, 10, 21, 12),
    elapsedMs: 2_000,
    losses: changes.losses ?? [],
    environment: { node: "v26.10.0" },
  });
}
