import assert from "node:assert/strict";
import { test } from "node:test";
import { sampleReport } from "../testing/sample-report.ts";
import { loadReportCsv } from "./csv.ts";
import { loadReportJunit } from "./junit.ts";
import { loadReportPrometheus } from "./prometheus.ts";

test("the course of a run is a table with one row for each second", () => {
  const rows = loadReportCsv(sampleReport()).split("\r\n");

  assert.equal(rows[0], "at_s,requests,failed,users,p50_ms,p95_ms,p99_ms");
  assert.match(rows[1] ?? "", /^0,49,0,0,2\d(\.\d+)?,4\d/);
  assert.equal(rows.length, 5);
});

test("thresholds and checks are test cases, and broken ones say why", () => {
  const xml = loadReportJunit(sampleReport());

  assert.match(xml, /tests="5" failures="2" errors="0"/);
  assert.match(xml, /<testcase classname="thresholds" name="p95 &lt; 200ms"\/>/);
  assert.match(xml, /name="errors &lt; 0.5%"><failure message="errors 1 %, allowed &lt; 0.5 %"\/>/);
  assert.match(
    xml,
    /classname="checks of shop &quot;A&quot;" name="is fast"><failure message="failed all of 1 times"\/>/,
  );
});

test("a run that is not valid is an error, and its thresholds prove nothing", () => {
  const xml = loadReportJunit(sampleReport({ losses: ["worker 2 ran out of memory"] }));

  assert.match(xml, /failures="0" errors="1"/);
  assert.match(xml, /name="the run"><error message="worker 2 ran out of memory"\/>/);
  assert.match(xml, /name="errors &lt; 0.5%"><skipped /);
});

test("Prometheus can read the figures", () => {
  const text = loadReportPrometheus(sampleReport());

  assert.match(text, /^muster_load_requests_total\{scenario="shop \\"A\\"",step="GET \/a<b>"\} 100$/m);
  assert.match(text, /^muster_load_failures_total\{.*kind="status"\} 1$/m);
  assert.match(text, /^muster_load_response_seconds_count\{.*\} 100$/m);
  assert.match(text, /^muster_load_threshold_met\{threshold="errors < 0.5%"\} 0$/m);
  for (const line of text.trimEnd().split("\n")) {
    assert.match(line, /^(# (HELP|TYPE) \S+ .+|[a-z_]+\{([a-z]+="(?:[^"\\]|\\.)*",?)*\} [0-9.e+-]+)$/);
  }
});
