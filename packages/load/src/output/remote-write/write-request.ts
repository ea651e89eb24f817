import type { LoadReport } from "@muster/contract";
import { countUpTo, histogramFromData } from "@muster/kernel";
import { labelledSteps, type MetricSample, metricFamilies, RESPONSE_SECONDS } from "../samples.ts";

/** Upper edges of the buckets in seconds, for `histogram_quantile` over any stretch of time. */
const BUCKET_EDGES = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** Everything of a report that is sent: what the text format has, and the response times as a histogram. */
export function remoteSamples(report: LoadReport): MetricSample[] {
  return [
    ...metricFamilies(report).flatMap((family) => family.samples),
    ...labelledSteps(report).flatMap(({ labels, step }) => {
      const histogram = histogramFromData(step.histogram);
      const upTo = BUCKET_EDGES.map((edge): [string, number] => [String(edge), countUpTo(histogram, edge * 1_000)]);
      return [...upTo, ["+Inf", histogram.count] as const].map(([le, value]) => ({
        name: `${RESPONSE_SECONDS}_bucket`,
        labels: { ...labels, le },
        value,
      }));
    }),
  ];
}

/**
 * A `prometheus.WriteRequest` of the remote write protocol 1.0, in protobuf's wire format, not compressed yet:
 * `timeseries = 1 { labels = 1 { name = 1, value = 2 }, samples = 2 { value = 1 (double), timestamp = 2 (int64, ms) } }`.
 * Labels are in the order of their names, as the protocol demands.
 */
export function writeRequest(
  samples: readonly MetricSample[],
  extra: Readonly<Record<string, string>>,
  atMs: number,
): Uint8Array {
  return Buffer.concat(samples.map((sample) => field(1, timeSeries(sample, extra, atMs))));
}

function timeSeries(
  { name, labels, value }: MetricSample,
  extra: Readonly<Record<string, string>>,
  atMs: number,
): Buffer {
  const all = Object.entries({ ...extra, ...labels, __name__: name }).filter(([, text]) => text !== "");
  // By their bytes; none of the names that are used here goes beyond ASCII.
  all.sort(([a], [b]) => (a < b ? -1 : 1));
  const number = Buffer.alloc(9);
  number[0] = (1 << 3) | 1;
  number.writeDoubleLE(value, 1);
  return Buffer.concat([
    ...all.map(([label, text]) => field(1, Buffer.concat([field(1, Buffer.from(label)), field(2, Buffer.from(text))]))),
    field(2, Buffer.concat([number, Buffer.of(2 << 3), varint(atMs)])),
  ]);
}

/** A field of which the length goes before the content. */
function field(number: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.of((number << 3) | 2), varint(content.length), content]);
}

/** A whole number from 0 to 2^53; bit operations would stop at 2^31. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = Math.floor(value);
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
