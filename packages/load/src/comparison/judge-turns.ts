import type { Difference, Turn, TurnsVerdict } from "@muster/contract";
import { fisherExact, mannWhitney, medianOf, type Random, ratioInterval } from "@muster/kernel";

/** Chance of crying wolf over all figures together. */
const ALPHA = 0.05;
const FIGURES = 3;
/** Standard normal quantiles for ALPHA / FIGURES on two sides, and for finding nine of ten. */
const Z_ALPHA = 2.394;
const Z_POWER = 1.282;
/** Mann–Whitney needs π/3 times as many values as the t-test for normal ones. */
const EFFICIENCY = Math.PI / 3;

/**
 * Judges whether two sides differ. A turn counts as one value, because the requests within it are not independent of
 * each other; a test on single requests would see differences everywhere.
 */
export function judgeTurns(a: readonly Turn[], b: readonly Turn[], random: Random): TurnsVerdict {
  const differences = [timeDifference("p50", a, b, random), timeDifference("p95", a, b, random), errorDifference(a, b)];
  const seen = differences.filter((each) => each.different);
  const worse = seen.some((each) => (each.b ?? 0) > (each.a ?? 0));
  const better = seen.some((each) => (each.b ?? 0) < (each.a ?? 0));
  const verdict = worse && better ? "mixed" : worse ? "worse" : better ? "better" : "same";
  const detectable = detectableEffect(a, b);
  return { differences, verdict, detectable, sentence: sentenceOf(verdict, seen, detectable), sides: { a, b } };
}

/** How many turns a side needs so that a change of the median response time by `effect` is found nine times in ten. */
export function turnsNeeded(a: readonly Turn[], b: readonly Turn[], effect: number): number | undefined {
  const spread = spreadOf(a, b);
  if (spread === undefined) return undefined;
  return Math.ceil((2 * EFFICIENCY * (Z_ALPHA + Z_POWER) ** 2 * spread ** 2) / Math.log1p(effect) ** 2);
}

function detectableEffect(a: readonly Turn[], b: readonly Turn[]): number | undefined {
  const spread = spreadOf(a, b);
  const turns = Math.min(a.length, b.length);
  if (spread === undefined || turns === 0) return undefined;
  return Math.expm1((Z_ALPHA + Z_POWER) * spread * Math.sqrt((2 * EFFICIENCY) / turns));
}

/** Spread of the turns' medians around the middle of their side, as a share of it. */
function spreadOf(a: readonly Turn[], b: readonly Turn[]): number | undefined {
  const deviations: number[] = [];
  for (const side of [valuesOf(a, "p50"), valuesOf(b, "p50")]) {
    const middle = medianOf(side);
    if (middle === undefined || middle <= 0) return undefined;
    for (const value of side) deviations.push(Math.log(value / middle) ** 2);
  }
  if (deviations.length < 4) return undefined;
  return Math.sqrt(deviations.reduce((sum, each) => sum + each, 0) / (deviations.length - 2));
}

function valuesOf(turns: readonly Turn[], figure: "p50" | "p95"): number[] {
  return turns.map((turn) => turn[figure]).filter((value) => value !== undefined);
}

function timeDifference(figure: "p50" | "p95", a: readonly Turn[], b: readonly Turn[], random: Random): Difference {
  const [ofA, ofB] = [valuesOf(a, figure), valuesOf(b, figure)];
  const [middleA, middleB] = [medianOf(ofA), medianOf(ofB)];
  const pValue = mannWhitney(ofA, ofB);
  if (middleA === undefined || middleB === undefined || middleA === 0) {
    return { figure, a: middleA, b: middleB, pValue, different: false };
  }
  const { low, high } = ratioInterval(ofA, ofB, 0.95, random);
  return {
    figure,
    a: middleA,
    b: middleB,
    effect: middleB / middleA - 1,
    interval: { low: low - 1, high: high - 1 },
    pValue,
    different: pValue < ALPHA / FIGURES,
  };
}

function errorDifference(a: readonly Turn[], b: readonly Turn[]): Difference {
  const sum = (turns: readonly Turn[], of: (turn: Turn) => number): number =>
    turns.reduce((total, turn) => total + of(turn), 0);
  const [totalA, totalB] = [sum(a, (turn) => turn.requests), sum(b, (turn) => turn.requests)];
  const [failedA, failedB] = [sum(a, (turn) => turn.failed), sum(b, (turn) => turn.failed)];
  const pValue = fisherExact(failedA, totalA, failedB, totalB);
  return {
    figure: "errors",
    a: totalA === 0 ? undefined : failedA / totalA,
    b: totalB === 0 ? undefined : failedB / totalB,
    pValue,
    different: pValue < ALPHA / FIGURES,
  };
}

function sentenceOf(
  verdict: TurnsVerdict["verdict"],
  seen: readonly Difference[],
  detectable: number | undefined,
): string {
  if (verdict === "same") {
    const size =
      detectable === undefined ? "" : `; a change of the median by ${percent(detectable)} or more would have shown`;
    return `NO DIFFERENCE SEEN at this size${size}`;
  }
  const what = seen.map(({ figure, a, b, effect, interval }) =>
    effect === undefined || interval === undefined
      ? `${figure} ${percent(a ?? 0)} against ${percent(b ?? 0)}`
      : `${figure} ${effect > 0 ? "+" : ""}${percent(effect)} (${percent(interval.low)} to ${percent(interval.high)})`,
  );
  return `B IS ${verdict.toUpperCase()}: ${what.join(", ")}`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}
