import type { LoadReport, LoadSlice, RequestFigures } from "../load/load-report.ts";

const SECONDS = 60;
/** When the service of the sample stands still, in seconds. */
const STALL_AT = 30;

/** A load report with something of everything, the same each time: a ramp, a stall, failures, folded tags. */
export function sampleLoadReport(): LoadReport {
  const timeline = Array.from({ length: SECONDS }, (_, second) => slice(second));
  const requests = timeline.reduce((sum, each) => sum + each.requests, 0);
  const failed = timeline.reduce((sum, each) => sum + each.failed, 0);
  const all = figures("all requests", requests, failed);
  return {
    format: "muster-load/1",
    verdict: "failed",
    sentence: `FAILED: 2 of 4 thresholds met; ${requests} requests, ${Math.round(all.perSecond)}/s, p95 62 ms, 2 % failed`,
    reasons: [],
    target: "http://shop.example/",
    startedAt: "2026-11-21T21:04:33.000Z",
    durationMs: SECONDS * 1_000,
    partial: false,
    thresholds: [
      threshold("p95 < 100ms", "response p95", 62, 100, true, "p95 62 ms, allowed < 100 ms"),
      threshold("errors < 1%", "errors", 0.02, 0.01, false, "errors 2 %, allowed < 1 %"),
      threshold("rate > 100/s", "rate", all.perSecond, 100, true, `rate ${all.perSecond}/s, allowed > 100/s`),
      {
        text: 'p99 < 300ms for step "GET /cart"',
        ok: false,
        limit: 300,
        figure: "response p99",
        summary: "p99: there is no data; allowed < 300 ms",
      },
    ],
    total: all,
    scenarios: [
      {
        name: "shop",
        iterations: { started: requests, completed: requests - 3, failed: 2, interrupted: 1, missed: 0 },
        iteration: latency(18),
        total: figures("shop", requests, failed),
        steps: [figures("GET /", requests - 500, failed), figures("POST /cart", 500, 0)],
        groups: [{ name: "buy", count: 500, duration: latency(40) }],
        checks: [{ name: "is 200", passed: requests - failed, failed }],
      },
    ],
    tags: [figures("kind=read", requests - 500, failed)],
    custom: [
      { name: "sold", kind: "counter", total: 412 },
      { name: "basket", kind: "trend", count: 500, values: latency(3) },
      { name: "waiting", kind: "gauge", last: 2, min: 0, max: 9 },
    ],
    sliceMs: 1_000,
    timeline,
    stages: [
      { atMs: 0, label: "to 200/s" },
      { atMs: 20_000, label: "holds 200/s" },
    ],
    messages: [{ message: "GET /: status 503", count: failed }],
    samples: [
      {
        name: "GET /",
        trace: "0123456789abcdef0123456789abcdef",
        responseMs: 812,
        serverTiming: "db;dur=790, app;dur=4",
      },
    ],
    failures: [{ name: "GET /", trace: "fedcba9876543210fedcba9876543210", responseMs: 3.2, failure: "status 503" }],
    folded: { "tag values": 1_204 },
    generator: {
      workers: 2,
      cpuMs: 4_120,
      loopUtilisation: 0.31,
      gcMs: 96,
      gcMaxMs: 4.2,
      lag: latency(0.4),
      connections: { opened: 64, failed: 0, retries: 2, connect: latency(0.6) },
    },
    environment: { node: "v26.10.0", cores: "2" },
  };
}

function slice(second: number): LoadSlice {
  const stalled = second === STALL_AT;
  const requests = stalled ? 40 : Math.round(Math.min(200, (second + 1) * 10));
  const p50 = stalled ? 310 : 12 + (second % 5);
  return {
    atMs: second * 1_000,
    requests,
    failed: second > 45 ? Math.round(requests * 0.05) : 0,
    users: stalled ? 190 : 4 + (second % 3),
    p50,
    p95: p50 * 3,
    p99: p50 * 4,
    heat: [8, Math.ceil(requests / 4), 16, Math.ceil(requests / 2), stalled ? 512 : 32, Math.ceil(requests / 5)],
  };
}

function figures(name: string, requests: number, failed: number): RequestFigures {
  return {
    name,
    requests,
    failed,
    perSecond: requests / SECONDS,
    errors: failed > 0 ? { status: failed } : {},
    statuses: failed > 0 ? { "200": requests - failed, "503": failed } : { "200": requests },
    bytesIn: requests * 240,
    bytesOut: requests * 90,
    response: latency(14),
    service: latency(13),
    firstByte: latency(12),
    sendLag: latency(0.2),
    apdex: 0.97,
    histogram: { count: requests, sumUnits: 0, min: 0, max: 0, buckets: [] },
  };
}

function latency(p50: number): NonNullable<RequestFigures["response"]> {
  return {
    min: p50 / 4,
    mean: p50 * 1.3,
    p50,
    p90: p50 * 3,
    p95: p50 * 4,
    p99: p50 * 9,
    p999: p50 * 30,
    max: p50 * 58,
  };
}

function threshold(text: string, figure: string, seen: number, limit: number, ok: boolean, summary: string) {
  return { text, ok, seen, limit, figure, summary };
}
