import type { Example } from "./mlp.ts";

/** The log-odds of label 1 are `bias` plus the features times the weights. */
export interface Logistic {
  readonly weights: readonly number[];
  readonly bias: number;
}

const STEPS = 100;
const SMALL_STEP = 1e-10;

/**
 * Logistic regression by Newton's method, on features that are already scaled. `ridge` weighs the squared
 * weights, but not the bias, against the mean log-loss.
 */
export function trainLogistic(examples: readonly Example[], ridge: number): Logistic {
  const width = examples[0]?.features.length ?? 0;
  let current = Array.from({ length: width + 1 }, () => 0);
  for (let step = 0; step < STEPS; step += 1) {
    const change = newtonStep(examples, current, ridge);
    current = current.map((value, index) => value - (change[index] as number));
    if (change.every((value) => Math.abs(value) < SMALL_STEP)) break;
  }
  const [bias = 0, ...weights] = current;
  return { weights, bias };
}

/** Probability of label 1. */
export function runLogistic({ weights, bias }: Logistic, features: readonly number[]): number {
  return sigmoid(weights.reduce((sum, weight, index) => sum + weight * (features[index] as number), bias));
}

/** The slopes divided by the curvature of the mean loss, at a bias followed by weights. */
function newtonStep(examples: readonly Example[], at: readonly number[], ridge: number): number[] {
  const slopes = at.map((value, index) => (index === 0 ? 0 : ridge * value));
  const curvature = at.map((_, row) => at.map((__, column) => (row === column && row > 0 ? ridge : 0)));
  for (const { features, label } of examples) {
    const values = [1, ...features];
    const chance = sigmoid(values.reduce((sum, value, index) => sum + value * (at[index] as number), 0));
    for (const [row, value] of values.entries()) {
      slopes[row] = (slopes[row] as number) + ((chance - label) * value) / examples.length;
      const bends = curvature[row] as number[];
      for (const [column, other] of values.entries()) {
        bends[column] = (bends[column] as number) + (chance * (1 - chance) * value * other) / examples.length;
      }
    }
  }
  return solve(curvature, slopes);
}

/** Solves a symmetric positive definite system by elimination; such a one needs no pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] as number]);
  for (const [pivot, upper] of rows.entries()) {
    for (const lower of rows.slice(pivot + 1)) {
      const factor = (lower[pivot] as number) / (upper[pivot] as number);
      for (const [column, value] of upper.entries()) lower[column] = (lower[column] as number) - factor * value;
    }
  }
  const solution = right.map(() => 0);
  for (let index = rows.length - 1; index >= 0; index -= 1) {
    const row = rows[index] as number[];
    const known = solution.reduce(
      (sum, value, column) => (column > index ? sum + value * (row[column] as number) : sum),
      0,
    );
    solution[index] = ((row[rows.length] as number) - known) / (row[index] as number);
  }
  return solution;
}

function sigmoid(score: number): number {
  return 1 / (1 + Math.exp(-score));
}
