import type { LoadResult } from "@muster/contract";
import { type Histogram, meanOf, quantile } from "@muster/kernel";

/** The percentiles that reports show, in milliseconds; absent when nothing was recorded. */
export function latencyOf(histogram: Histogram): LoadResult["response"] {
  if (histogram.count === 0) return undefined;
  return {
    min: histogram.min,
    mean: meanOf(histogram) as number,
    p50: quantile(histogram, 0.5) as number,
    p90: quantile(histogram, 0.9) as number,
    p95: quantile(histogram, 0.95) as number,
    p99: quantile(histogram, 0.99) as number,
    p999: quantile(histogram, 0.999) as number,
    max: histogram.max,
  };
}
