import { type Interval, wilsonInterval, Z95 } from "@muster/kernel";
import { areaUnderRoc } from "./roc.ts";
import type { TruthSettings } from "./settings.ts";

/** What was predicted and what turned out to be true. */
export interface Pair {
  readonly predicted: number | string;
  readonly actual: number | string;
}

/** A share with its count and its interval of 95 % (Wilson). */
export interface Share extends Interval {
  readonly hits: number;
  readonly total: number;
  readonly share: number | null;
}

/** How many rows of one class were taken for another. */
export interface Confusion {
  readonly labels: readonly string[];
  /** Rows by actual, columns by predicted label. */
  readonly counts: readonly (readonly number[])[];
}

export interface ClassFigures {
  readonly kind: "class";
  readonly accuracy: Share;
  /** Mean over the classes that occurred or were predicted. */
  readonly macroF1: number | null;
  readonly confusion: Confusion;
}

export interface ProbabilityFigures {
  readonly kind: "probability";
  readonly accuracy: Share;
  /** Of "yes". */
  readonly f1: number | null;
  readonly confusion: Confusion;
  /** Null unless both answers occurred. */
  readonly auc: number | null;
  readonly logLoss: number | null;
}

export interface NumberFigures {
  readonly kind: "number";
  /** Mean absolute error with its interval of 95 % (normal approximation). */
  readonly mae: number | null;
  readonly maeLow: number | null;
  readonly maeHigh: number | null;
  readonly rmse: number | null;
}

export type Figures = ClassFigures | ProbabilityFigures | NumberFigures;

/** Classes that a confusion matrix tells apart; the rarer ones are one together. */
const MAX_CLASSES = 50;
const OTHERS = "(all others)";
const THRESHOLD = 0.5;
/** A probability of 0 for what happened would cost infinitely much. */
const LEAST_PROBABILITY = 1e-15;

/** How good predictions were. */
export function figuresOf(pairs: readonly Pair[], { kind, threshold = THRESHOLD }: TruthSettings): Figures {
  switch (kind) {
    case "class":
      return classFigures(pairs.map(({ predicted, actual }) => [String(actual), String(predicted)]));
    case "probability":
      return probabilityFigures(pairs, threshold);
    case "number":
      return numberFigures(pairs.map(({ predicted, actual }) => Number(predicted) - Number(actual)));
  }
}

type Labelled = readonly [actual: string, predicted: string];

function classFigures(pairs: readonly Labelled[]): ClassFigures {
  const confusion = confusionOf(pairs, MAX_CLASSES);
  const scores = confusion.labels.map((_, index) => f1(confusion, index)).filter((score) => score !== null);
  return {
    kind: "class",
    accuracy: shareOf(pairs.filter(([actual, predicted]) => actual === predicted).length, pairs.length),
    macroF1: scores.length === 0 ? null : sum(scores) / scores.length,
    confusion,
  };
}

function probabilityFigures(pairs: readonly Pair[], threshold: number): ProbabilityFigures {
  const scores = pairs.map(({ predicted }) => Number(predicted));
  const labels = pairs.map(({ actual }) => Number(actual));
  const confusion = confusionOf(
    scores.map((score, index): Labelled => [labels[index] === 1 ? "yes" : "no", score >= threshold ? "yes" : "no"]),
    2,
  );
  const auc = areaUnderRoc(scores, labels);
  const losses = scores.map((score, index) => {
    const likelihood = labels[index] === 1 ? score : 1 - score;
    return -Math.log(Math.min(1, Math.max(LEAST_PROBABILITY, likelihood)));
  });
  const hits = sum(confusion.labels.map((_, index) => confusion.counts[index]?.[index] ?? 0));
  const yes = confusion.labels.indexOf("yes");
  return {
    kind: "probability",
    accuracy: shareOf(hits, pairs.length),
    f1: yes === -1 ? null : f1(confusion, yes),
    confusion,
    auc: Number.isNaN(auc) ? null : auc,
    logLoss: losses.length === 0 ? null : sum(losses) / losses.length,
  };
}

function numberFigures(errors: readonly number[]): NumberFigures {
  const count = errors.length;
  if (count === 0) return { kind: "number", mae: null, maeLow: null, maeHigh: null, rmse: null };
  const sizes = errors.map(Math.abs);
  const mae = sum(sizes) / count;
  const deviation = count < 2 ? 0 : Math.sqrt(sum(sizes.map((size) => (size - mae) ** 2)) / (count - 1));
  const half = (Z95 * deviation) / Math.sqrt(count);
  const rmse = Math.sqrt(sum(errors.map((error) => error ** 2)) / count);
  return { kind: "number", mae, maeLow: Math.max(0, mae - half), maeHigh: mae + half, rmse };
}

function confusionOf(pairs: readonly Labelled[], maxClasses: number): Confusion {
  const seen = new Map<string, number>();
  for (const [actual, predicted] of pairs) {
    seen.set(actual, (seen.get(actual) ?? 0) + 1);
    seen.set(predicted, (seen.get(predicted) ?? 0) + 1);
  }
  const most = [...seen].toSorted((a, b) => b[1] - a[1]).map(([label]) => label);
  const kept = most.slice(0, maxClasses);
  const labels = [...kept.toSorted(), ...(most.length > kept.length ? [OTHERS] : [])];
  const place = new Map(labels.map((label, index) => [label, index]));
  const counts = labels.map(() => labels.map(() => 0));
  for (const [actual, predicted] of pairs) {
    const row = counts[place.get(actual) ?? labels.length - 1];
    const at = place.get(predicted) ?? labels.length - 1;
    if (row) row[at] = (row[at] ?? 0) + 1;
  }
  return { labels, counts };
}

/** Harmonic mean of precision and recall of a class; null for one that neither occurred nor was predicted. */
function f1({ counts }: Confusion, index: number): number | null {
  const hits = counts[index]?.[index] ?? 0;
  const actual = sum(counts[index] ?? []);
  const predicted = sum(counts.map((row) => row[index] ?? 0));
  return actual + predicted === 0 ? null : (2 * hits) / (actual + predicted);
}

/** A share with its interval. */
export function shareOf(hits: number, total: number): Share {
  return { hits, total, share: total === 0 ? null : hits / total, ...wilsonInterval(hits, total) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
