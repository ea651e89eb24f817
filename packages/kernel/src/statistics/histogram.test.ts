import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  countUpTo,
  createHistogram,
  type Histogram,
  histogramData,
  histogramFromData,
  histogramSince,
  meanOf,
  mergeHistogram,
  quantile,
  recordValue,
  recordValues,
} from "./histogram.ts";

const values = fc.array(
  fc.oneof(
    fc.double({ min: 0, max: 100, noNaN: true }),
    fc.double({ min: 0, max: 2 ** 37, noNaN: true }),
    fc.nat(1_000),
    fc.constant(0),
  ),
  { minLength: 1, maxLength: 300 },
);

function histogramOf(recorded: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const value of recorded) recordValue(histogram, value);
  return histogram;
}

test("a quantile is within 0.4 % of the one that all values give", () => {
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (recorded, share) => {
      const sorted = recorded.toSorted((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] as number;

      const found = quantile(histogramOf(recorded), share) as number;

      // Below 2^-10 values are not told from zero.
      assert.ok(Math.abs(found - exact) <= exact / 256 + 2 ** -9, `${found} for ${exact}`);
    }),
    { numRuns: 1_000 },
  );
});

test("merging equals recording everything in one, bit for bit and in any order", () => {
  fc.assert(
    fc.property(values, values, values, (a, b, c) => {
      const single = histogramOf([...a, ...b, ...c]);

      const merged = histogramOf(c);
      mergeHistogram(merged, histogramOf(a));
      mergeHistogram(merged, histogramOf(b));

      assert.deepEqual(histogramData(merged), histogramData(single));
    }),
  );
});

test("a histogram comes back from its data unchanged, also through JSON", () => {
  fc.assert(
    fc.property(values, (recorded) => {
      const histogram = histogramOf(recorded);

      const back = histogramFromData(JSON.parse(JSON.stringify(histogramData(histogram))));

      assert.deepEqual(back, histogram);
    }),
  );
});

test("count, minimum and maximum are exact, and the mean is as exact as 2^-10 allows", () => {
  fc.assert(
    fc.property(values, (recorded) => {
      const histogram = histogramOf(recorded);

      assert.equal(histogram.count, recorded.length);
      assert.equal(histogram.min, Math.min(...recorded));
      assert.equal(histogram.max, Math.max(...recorded));
      const mean = recorded.reduce((sum, value) => sum + value, 0) / recorded.length;
      assert.ok(Math.abs((meanOf(histogram) as number) - mean) <= 2 ** -10 + mean * 1e-9);
    }),
  );
});

test("an empty histogram has no quantile and no mean", () => {
  const histogram = createHistogram();

  assert.equal(quantile(histogram, 0.5), undefined);
  assert.equal(meanOf(histogram), undefined);
  assert.deepEqual(histogramFromData(histogramData(histogram)), histogram);
});

test("a value recorded many times counts as often", () => {
  const histogram = createHistogram();

  recordValues(histogram, 5, 99);
  recordValue(histogram, 2_000);

  assert.equal(histogram.count, 100);
  assert.ok(Math.abs((quantile(histogram, 0.99) as number) - 5) <= 5 / 256);
  assert.equal(quantile(histogram, 1), 2_000);
  assert.equal(countUpTo(histogram, 100), 99);
});

test("what is no number above zero counts as zero, and what is too large lands on top", () => {
  const histogram = histogramOf([-1, Number.NaN, Number.POSITIVE_INFINITY]);

  assert.equal(histogram.count, 3);
  assert.ok((quantile(histogram, 0.5) as number) < 0.001);
  assert.equal(quantile(histogram, 1), 2 ** 38);
  assert.equal(meanOf(histogram), 2 ** 38 / 3);
});

test("what came since an earlier state is what was recorded since", () => {
  fc.assert(
    fc.property(values, values, (earlier, later) => {
      const before = histogramOf(earlier);
      const now = histogramOf([...earlier, ...later]);

      const since = histogramSince(now, before);

      assert.deepEqual(histogramData(since).buckets, histogramData(histogramOf(later)).buckets);
      assert.equal(since.count, later.length);
      assert.equal(meanOf(since), meanOf(histogramOf(later)));
    }),
  );
});

test("data that cannot be a histogram is refused", () => {
  const data = { count: 1, sumUnits: 0, min: 0, max: 0 };

  assert.throws(() => histogramFromData({ ...data, buckets: [-1, 1] }), RangeError);
  assert.throws(() => histogramFromData({ ...data, buckets: [1e9, 1] }), RangeError);
  assert.throws(() => histogramFromData({ ...data, buckets: [3] }), RangeError);
  assert.throws(() => histogramFromData({ ...data, buckets: [3, 0.5] }), RangeError);
  assert.throws(() => histogramFromData({ ...data, buckets: [3, 2] }), RangeError);
});
