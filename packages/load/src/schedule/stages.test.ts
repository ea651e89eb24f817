import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MusterError } from "@muster/kernel";
import { areaUntil, arrivalsOf, arrivalTime, courseOf, peakOf, valueAt } from "./stages.ts";

const stages = fc.array(
  fc.record({ to: fc.integer({ min: 0, max: 500 }), over: fc.integer({ min: 1, max: 20 }).map((s) => `${s}s`) }),
  { minLength: 1, maxLength: 6 },
);

test("a constant rate comes evenly, beginning at once", () => {
  const course = courseOf(1_000, "2s");

  assert.equal(arrivalsOf(course), 2_000);
  assert.equal(arrivalTime(course, 0), 0);
  assert.equal(arrivalTime(course, 1), 1);
  assert.equal(arrivalTime(course, 1_999), 1_999);
  assert.equal(arrivalTime(course, 2_000), Number.POSITIVE_INFINITY);
});

test("the area of a ramp grows with the square of the time, and stops growing at the end", () => {
  const course = courseOf([{ to: 100, over: "10s" }], undefined);

  assert.deepEqual(
    [-1, 0, 5_000, 10_000, 20_000].map((at) => areaUntil(course, at)),
    [0, 0, 125, 500, 500],
  );
});

test("a ramp from nothing calls for half of its end", () => {
  const course = courseOf([{ to: 100, over: "10s" }], undefined);

  assert.equal(arrivalsOf(course), 500);
  assert.equal(valueAt(course, 5_000), 50);
  // The area under the ramp reaches 125 at half of its length.
  assert.equal(Math.round(arrivalTime(course, 125)), 5_000);
});

test("arrivals come in order, within the course, as many as the area says", () => {
  fc.assert(
    fc.property(stages, fc.nat(100), (list, from) => {
      const course = courseOf(list, undefined, from);
      const total = arrivalsOf(course);
      let last = 0;

      for (let index = 0; index < total; index += 1) {
        const at = arrivalTime(course, index);
        assert.ok(at >= last - 1e-6 && at <= course.totalMs + 1e-3, `${index} at ${at} after ${last}`);
        last = at;
      }

      assert.equal(arrivalTime(course, total), Number.POSITIVE_INFINITY);
    }),
    { numRuns: 50 },
  );
});

test("at the time of an arrival, the area under the course is its number", () => {
  fc.assert(
    fc.property(stages, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const course = courseOf(list, undefined);
      const index = Math.floor(share * (arrivalsOf(course) - 1));
      fc.pre(index > 0);

      const at = arrivalTime(course, index);

      const area = areaUntil(course, at);
      assert.ok(Math.abs(area - index) < 1e-6 * index + 1e-6, `${area} for ${index}`);
    }),
    { numRuns: 500 },
  );
});

test("the value follows the lines and is zero after them", () => {
  const course = courseOf(
    [
      { to: 10, over: "1s" },
      { to: 10, over: "1s" },
      { to: 0, over: "1s" },
    ],
    undefined,
  );

  assert.deepEqual(
    [0, 500, 1_500, 2_500, 3_000].map((at) => valueAt(course, at)),
    [0, 5, 10, 5, 0],
  );
  assert.equal(peakOf(course), 10);
});

test("what is no course is refused", () => {
  assert.throws(() => courseOf(5, undefined), MusterError);
  assert.throws(() => courseOf([], undefined), MusterError);
  assert.throws(() => courseOf([{ to: -1, over: "1s" }], undefined), MusterError);
  assert.throws(() => courseOf([{ to: 1, over: "soon" }], undefined), MusterError);
});
