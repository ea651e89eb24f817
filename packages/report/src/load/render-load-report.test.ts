import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LoadReport } from "@muster/contract";
import fc from "fast-check";
import { structureOf } from "../html/structure.ts";
import { withText } from "../sample/hostile-report.ts";
import { sampleLoadReport } from "@muster/contract/sample";
import { renderCapacity } from "./render-capacity.ts";
import { renderComparison } from "./render-comparison.ts";
import { renderLoadReport } from "./render-load-report.ts";

const report = sampleLoadReport();
const page = renderLoadReport(report, "0.1.0");

function textOf(html: string): string {
  return html
    .replace(/<style>[\s\S]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

function renderWith(changes: Partial<LoadReport>): string {
  return renderLoadReport({ ...report, ...changes }, "0.1.0");
}

describe("the HTML report of a load test", () => {
  test("says the verdict first, then the thresholds with the broken ones on top, then the course", () => {
    const headings = [...page.matchAll(/<h[12][^>]*>([\s\S]*?)<\/h[12]>/g)].map((each) => textOf(each[1] ?? "").trim());

    assert.match(headings[0] ?? "", /^FAILED : 2 of 4 thresholds met/);
    assert.deepEqual(headings.slice(1, 4), ["Thresholds 4", "Course of the run", "What went wrong"]);
    assert.ok(page.indexOf("errors &lt; 1%") < page.indexOf("p95 &lt; 100ms"));
  });

  test("draws thresholds about the whole run as lines, and not those of a single step", () => {
    const labels = [...page.matchAll(/class="plot-limit-label" data-tone="(\w+)"[^>]*>([^<]*)</g)].map(
      ([, tone, label]) => `${label} ${tone}`,
    );

    assert.deepEqual(labels, [
      "rate &gt; 100/s pass",
      "p95 &lt; 100ms pass",
      "errors &lt; 1% fail",
      "p95 &lt; 100ms pass",
    ]);
  });

  test("does not press the course onto the foot for a threshold that is far away, but says so", () => {
    const far = renderWith({
      thresholds: [{ text: "p95 < 60s", ok: true, seen: 62, limit: 60_000, figure: "response p95", summary: "" }],
    });

    assert.doesNotMatch(far, /<line class="plot-limit"/);
    assert.match(textOf(far), /The threshold p95 &lt; 60s lies far above the chart: at most 1\.24 s was seen/);
  });

  test("interrupts a line where nothing was answered, because a gap is not zero", () => {
    const timeline = report.timeline.map((slice, index) => {
      if (index < 10 || index > 12) return slice;
      const { p50: _p50, p95: _p95, p99: _p99, ...rest } = slice;
      return { ...rest, requests: 0, failed: 0, heat: [] };
    });

    const strokes = /class="line-p95"\s+d="([^"]*L[^"]*)"/.exec(renderWith({ timeline }))?.[1]?.match(/M/g);

    assert.equal(strokes?.length, 2);
  });

  test("marks the stages of the plan and says what they are", () => {
    assert.match(page, /class="plot-moment" x1="33\.3%"/);
    assert.match(textOf(page), /0 s to 200\/s · 20 s holds 200\/s/);
  });

  test("says that there is too little to draw where there is", () => {
    const short = renderWith({ timeline: report.timeline.slice(0, 2), durationMs: 2_000 });

    assert.match(textOf(short), /Too short to draw: answers came in fewer than 3 slices of 1 s/);
    assert.doesNotMatch(short, /class="plot-plot"/);
  });

  test("keeps the heatmap bounded however long the run was, and loses no answer", () => {
    const timeline = Array.from({ length: 1_200 }, (_, index) => ({
      ...(report.timeline[0] as LoadReport["timeline"][number]),
      atMs: index * 1_000,
      heat: [8, 3, 64, 1],
    }));

    const titles = [
      ...renderWith({ timeline, durationMs: 1_200_000 }).matchAll(/class="heat"[\s\S]*?<title\s*>(\d+) answers/g),
    ];

    assert.equal(titles.length, 300);
    assert.equal(
      titles.reduce((sum, [, count]) => sum + Number(count), 0),
      4_800,
    );
  });

  test("gives errors with what they said, slow requests with the server's account and the trace, and what was folded", () => {
    const text = textOf(page);

    assert.match(text, /GET \/: status 503/);
    assert.match(text, /GET \/ status 503 3\.2 ms – fedcba9876543210fedcba9876543210/);
    assert.match(text, /812 ms db;dur=790, app;dur=4 0123456789abcdef0123456789abcdef/);
    assert.match(text, /1,204 × tag values/);
  });

  test("judges no threshold of a run that is not valid, and says what the generator did", () => {
    const text = textOf(renderWith({ verdict: "invalid", sentence: "INVALID: late", reasons: ["late"] }));

    assert.match(text, /not judged errors &lt; 1%/);
    assert.match(text, /not valid the generator was the bottleneck/);
    assert.doesNotMatch(text, /broken/);
  });

  test("is written also for a run in which nothing was answered", () => {
    const total = { ...report.total, requests: 0, failed: 0, response: undefined } as unknown as LoadReport["total"];
    const text = textOf(
      renderWith({
        total,
        scenarios: [],
        tags: [],
        timeline: [],
        samples: [],
        messages: [],
        thresholds: [],
        custom: [],
      }),
    );

    assert.match(text, /no thresholds: nothing about the figures was demanded/);
    assert.match(text, /Too short to draw/);
  });

  test("asks for nothing from anywhere and runs no script", () => {
    assert.match(page, /content="default-src 'none'; style-src 'sha256-/);
    assert.doesNotMatch(page, /<(script|link|img|iframe|object|embed|base|form)\b/i);
    assert.doesNotMatch(page.replace(/<style>[\s\S]*?<\/style>/, ""), /\s(style|on[a-z]+)\s*=/i);
  });

  test("keeps its structure whatever the texts in it are", () => {
    const expected = structureOf(renderLoadReport(withText(report, "x"), "0.1.0"));
    const hostile = fc
      .array(fc.constantFrom("<", ">", '"', "'", "&", "</style>", "<script>alert(1)</script>", "-->", "`"), {
        minLength: 1,
        maxLength: 6,
      })
      .map((parts) => parts.join(""));

    fc.assert(
      fc.property(hostile, (text) =>
        assert.deepEqual(structureOf(renderLoadReport(withText(report, text), "0.1.0")), expected),
      ),
      { numRuns: 25 },
    );
  });
});

describe("the HTML report of a capacity search", () => {
  const terms = {
    muster: "0.1.0",
    target: "http://shop.example/",
    objective: ["p95 < 100ms"],
    sentence: "CAPACITY 400/s: it holds",
  };
  const step = (ratePerSecond: number, holds: boolean, p95: number) =>
    ({
      ratePerSecond,
      holds,
      p95,
      goodPerSecond: Math.min(ratePerSecond, 400),
      summary: `p95 ${p95} ms`,
      purpose: "grow",
    }) as const;

  test("shows every try, and the two ends as marks", () => {
    const steps = [step(100, true, 4), step(200, true, 5), step(400, true, 20), step(800, false, 900)];
    const found = renderCapacity(
      { holdsAt: 400, breaksAt: 800, tries: { holds: 3, breaks: 3 }, steps, settled: true },
      terms,
    );

    assert.equal(found.match(/<circle\s+class="dot-holds"\s+cx="[\d.]+%"/g)?.length, 6);
    assert.equal(found.match(/<circle\s+class="dot-breaks"\s+cx="[\d.]+%"/g)?.length, 2);
    assert.match(textOf(found), /Lies between 400\/s and 800\/s/);
  });

  test("draws nothing from two rates", () => {
    const steps = [step(100, true, 4), step(200, false, 5)];
    const found = renderCapacity(
      { holdsAt: 100, breaksAt: 200, tries: { holds: 1, breaks: 1 }, steps, settled: false },
      terms,
    );

    assert.match(textOf(found), /Too little to draw: only 2 different rates were tried/);
  });
});

describe("the HTML report of a comparison", () => {
  const turn = (p50: number) => ({ requests: 100, failed: 0, p50, p95: p50 * 2 });
  const verdict = {
    verdict: "worse",
    detectable: 0.08,
    sentence: "B IS WORSE: p50 +100 %",
    differences: [
      { figure: "p50", a: 10, b: 20, effect: 1, interval: { low: 0.9, high: 1.1 }, pValue: 0.0002, different: true },
    ],
    sides: { a: [10, 11, 10].map(turn), b: [20, 21, 20].map(turn) },
  } as const;
  const terms = { muster: "0.1.0", sentence: verdict.sentence, a: "http://a/", b: "http://b/", unit: "turn" };

  test("shows the figures with their interval, and every turn", () => {
    const found = renderComparison(verdict, terms);

    assert.match(textOf(found), /\+100\.0 % \+90\.0 % to \+110\.0 % p = 0\.0002 different/);
    assert.equal(found.match(/<circle\s+class="dot-b"\s+cx="[\d.]+%"/g)?.length, 6);
  });

  test("takes no side when the figures cannot be believed", () => {
    const found = renderComparison(verdict, { ...terms, sentence: "NOT JUDGED: late", invalidBecause: "late" });

    assert.match(found, /<h1 class="verdict-sentence" data-tone="unknown"/);
  });
});
