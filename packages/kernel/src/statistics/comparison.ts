import type { Random } from "./random.ts";

/**
 * The two-sided p-value of the Mann–Whitney U test: how likely two samples lie this far apart when they come from the
 * same distribution. Exact for small samples without ties, otherwise by the normal approximation with correction for
 * ties and continuity (Mann & Whitney 1947; Lehmann, Nonparametrics, §1.2). 1 when a sample is empty.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  const [n, m] = [a.length, b.length];
  if (n === 0 || m === 0) return 1;
  const { rankSum, ties, tied } = rank(a, b);
  const u = rankSum - (n * (n + 1)) / 2;
  const least = Math.min(u, n * m - u);
  if (!tied && n * m <= 1_600) return Math.min(1, 2 * exactTail(n, m, least));
  const total = n + m;
  const variance = ((n * m) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  const z = Math.max(0, Math.abs(u - (n * m) / 2) - 0.5) / Math.sqrt(variance);
  return Math.min(1, 2 * normalTail(z));
}

/** Sum of the ranks of `a` among both samples; equal values share the mean of their ranks. */
function rank(a: readonly number[], b: readonly number[]): { rankSum: number; ties: number; tied: boolean } {
  const all = [...a.map((value) => ({ value, ofA: true })), ...b.map((value) => ({ value, ofA: false }))];
  all.sort((x, y) => x.value - y.value);
  let rankSum = 0;
  let ties = 0;
  for (let from = 0; from < all.length;) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const shared = (from + 1 + to) / 2;
    for (let at = from; at < to; at += 1) if (all[at]?.ofA === true) rankSum += shared;
    const size = to - from;
    ties += size ** 3 - size;
    from = to;
  }
  return { rankSum, ties, tied: ties > 0 };
}

/** Share of all orders of n and m values whose U is at most `limit`: by counting, one value of `a` after the other. */
function exactTail(n: number, m: number, limit: number): number {
  // ways[j][u]: orders of i values of `a` and j of `b` with this U.
  let ways = Array.from({ length: m + 1 }, () => [1]);
  for (let i = 1; i <= n; i += 1) {
    const next: number[][] = [[1]];
    for (let j = 1; j <= m; j += 1) {
      const row: number[] = [];
      const largest = ways[j] as number[];
      const below = next[j - 1] as number[];
      for (let u = 0; u <= i * j; u += 1) {
        // Either the largest value is of `a`, and exceeds all j of `b`, or it is of `b`.
        row.push((u >= j ? (largest[u - j] ?? 0) : 0) + (below[u] ?? 0));
      }
      next.push(row);
    }
    ways = next;
  }
  const counts = ways[m] as number[];
  let tail = 0;
  let all = 0;
  for (const [u, orders] of counts.entries()) {
    all += orders;
    if (u <= limit) tail += orders;
  }
  return tail / all;
}

/** Probability that a standard normal value exceeds z ≥ 0 (Abramowitz & Stegun 26.2.17, error below 7.5e-8). */
export function normalTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return Math.max(0, (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial);
}

/**
 * The two-sided p-value of Fisher's exact test: how likely two shares lie this far apart by chance. Of `totalA` things
 * `hitsA` are hits, of `totalB` `hitsB`.
 */
export function fisherExact(hitsA: number, totalA: number, hitsB: number, totalB: number): number {
  const hits = hitsA + hitsB;
  const total = totalA + totalB;
  const least = Math.max(0, hits - totalB);
  const most = Math.min(hits, totalA);
  const logOf = (inA: number): number =>
    logChoose(totalA, inA) + logChoose(totalB, hits - inA) - logChoose(total, hits);
  const seen = logOf(hitsA);
  let sum = 0;
  // All tables that are at most as likely as the one seen, with room for rounding.
  for (let inA = least; inA <= most; inA += 1) {
    const log = logOf(inA);
    if (log <= seen + 1e-7) sum += Math.exp(log);
  }
  return Math.min(1, sum);
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
] as const;

/** Natural logarithm of the gamma function for x ≥ 1 (Lanczos, g = 7, n = 9). */
function logGamma(x: number): number {
  const shifted = x - 1;
  let sum = 0.9999999999998099;
  for (const [index, coefficient] of LANCZOS.entries()) sum += coefficient / (shifted + index + 1);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The middle of some numbers; `undefined` of none. */
export function medianOf(numbers: readonly number[]): number | undefined {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

/** From where to where a value lies with some confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * An interval for the ratio of the medians of two samples, b to a, by the bootstrap (Efron 1979, percentile method):
 * the samples are drawn again, with replacement, `rounds` times.
 * @throws {RangeError} for an empty sample.
 */
export function ratioInterval(
  a: readonly number[],
  b: readonly number[],
  confidence: number,
  random: Random,
  rounds = 2_000,
): Interval {
  if (a.length === 0 || b.length === 0) throw new RangeError("an interval needs values on both sides");
  const draw = (sample: readonly number[]): number =>
    medianOf(sample.map(() => sample[Math.floor(random() * sample.length)] as number)) as number;
  const ratios = Array.from({ length: rounds }, () => draw(b) / draw(a)).sort((x, y) => x - y);
  const outside = (1 - confidence) / 2;
  return {
    low: ratios[Math.floor(outside * rounds)] as number,
    high: ratios[Math.min(rounds - 1, Math.ceil((1 - outside) * rounds) - 1)] as number,
  };
}
