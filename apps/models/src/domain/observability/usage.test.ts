import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createUsage, type UsageQuestion } from "./usage.ts";

const HOUR = 3_600_000;

test("calls are counted by caller and route, with refusals and failures apart", () => {
  const usage = createUsage(() => 0);
  for (const status of [200, 200, 404, 503]) usage.record("ada", "GET /v1/models", status, 2);
  usage.record("bob", "GET /v1/models", 200, 4);

  const [ada, bob] = usage.rows({ hours: 1 });

  assert.deepEqual([ada?.caller, ada?.calls, ada?.refused, ada?.failed, ada?.max], ["ada", 4, 1, 1, 2]);
  assert.deepEqual([bob?.caller, bob?.calls], ["bob", 1]);
});

test("calls are put together by caller, by route or by the hour, and told of some alone", () => {
  let now = 0;
  const usage = createUsage(() => now);
  usage.record("ada", "a", 200, 1);
  usage.record("ada", "b", 429, 2);
  usage.record("bob", "a", 500, 3);
  now = HOUR;
  usage.record("bob", "a", 200, 8);
  const shown = (question: Partial<UsageQuestion>) =>
    usage
      .rows({ hours: 24, ...question })
      .map(({ caller, route, hour, calls, refused, limited, failed, max }) =>
        [caller, route, hour, calls, refused, limited, failed, max].map((each) => each ?? "").join(" "),
      );

  assert.deepEqual(shown({ by: "caller" }), ["ada   2 1 1 0 2", "bob   2 0 0 1 8"]);
  assert.deepEqual(shown({ by: "route" }), [" a  3 0 0 1 8", " b  1 1 1 0 2"]);
  assert.deepEqual(shown({ by: "hour" }), [
    "  1970-01-01T01:00:00.000Z 1 0 0 0 8",
    "  1970-01-01T00:00:00.000Z 3 1 1 1 3",
  ]);
  assert.deepEqual(shown({ caller: "ada", route: "b" }), ["ada b  1 1 1 0 2"]);
  assert.deepEqual(shown({ hours: 1, by: "hour", caller: "ada" }), []);
});

test("hours are added up, and those of yesterday are gone", () => {
  let now = 0;
  const usage = createUsage(() => now);
  for (const hour of [0, 1, 2]) {
    now = hour * HOUR;
    usage.record("ada", "r", 200, 1);
  }

  assert.deepEqual(
    [usage.rows({ hours: 1 })[0]?.calls, usage.rows({ hours: 2 })[0]?.calls, usage.rows({ hours: 24 })[0]?.calls],
    [1, 2, 3],
  );
  now = 25 * HOUR;
  usage.record("ada", "r", 200, 1);
  assert.equal(usage.rows({ hours: 24 })[0]?.calls, 2);
});

test("percentiles are within a tenth of the true ones", () => {
  const times = fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, (values) => {
      const usage = createUsage(() => 0);
      for (const value of values) usage.record("a", "r", 200, value);
      const sorted = values.toSorted((a, b) => a - b);
      const [row] = usage.rows({ hours: 1 });

      for (const [share, figure] of [
        [0.5, row?.p50],
        [0.95, row?.p95],
        [0.99, row?.p99],
      ] as const) {
        const truth = sorted[Math.ceil(values.length * share) - 1] ?? 0;
        assert.ok(Math.abs((figure ?? 0) - truth) <= truth * 0.1, `${figure} for ${truth}`);
      }
    }),
  );
});

test("however many callers there are, memory is bounded and no call is lost", () => {
  const usage = createUsage(() => 0);

  for (let index = 0; index < 10_000; index += 1) usage.record(`caller ${index}`, "r", 200, 1);

  const rows = usage.rows({ hours: 1 });
  assert.ok(rows.length <= 2_001);
  assert.equal(rows[0]?.caller, "others");
  assert.equal(
    rows.reduce((sum, row) => sum + row.calls, 0),
    10_000,
  );
});
