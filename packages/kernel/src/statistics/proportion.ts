import type { Interval } from "./comparison.ts";

/** Two-sided 95 % of the normal distribution. */
export const Z95 = 1.959963984540054;

/**
 * The score interval for a share of which `hits` in `total` were seen (Wilson 1927). It stays within 0 and 1 and holds
 * for few observations and for shares near the ends; 0 to 1 without any observation.
 */
export function wilsonInterval(hits: number, total: number, z: number = Z95): Interval {
  if (total === 0) return { low: 0, high: 1 };
  const share = hits / total;
  const square = z ** 2;
  const centre = (share + square / (2 * total)) / (1 + square / total);
  const half = (z * Math.sqrt((share * (1 - share)) / total + square / (4 * total ** 2))) / (1 + square / total);
  // At the ends the bound is exact; the subtraction of equal numbers need not be.
  return { low: hits === 0 ? 0 : centre - half, high: hits === total ? 1 : centre + half };
}
