import assert from "node:assert/strict";
import { test } from "node:test";
import { failedOf, NotableSamples, slowestOf, type TraceSample } from "./trace-samples.ts";

const sample = (responseMs: number, failure?: string): TraceSample => ({
  name: "GET /",
  trace: `trace-${responseMs}`,
  responseMs,
  ...(failure === undefined ? {} : { failure }),
});

test("the slowest samples are kept, and some of each way to fail though they were quick", () => {
  const samples = new NotableSamples();
  for (let ms = 100; ms < 200; ms += 1) samples.offer(sample(ms));
  for (const ms of [1, 2, 3]) samples.offer(sample(ms, "status 503"));
  samples.offer(sample(4, "status 500"));

  const kept = samples.list();

  assert.deepEqual(
    slowestOf(kept)
      .map(({ responseMs }) => responseMs)
      .slice(0, 3),
    [199, 198, 197],
  );
  assert.deepEqual(
    failedOf(kept).map(({ failure, responseMs }) => `${failure} ${responseMs}`),
    ["status 503 1", "status 503 2", "status 500 4"],
  );
});

test("however many ways there are to fail, the list is bounded", () => {
  const samples = new NotableSamples();

  for (let way = 0; way < 1_000; way += 1) samples.offer(sample(way, `status ${way}`));

  assert.ok(samples.list().length <= 40);
});
