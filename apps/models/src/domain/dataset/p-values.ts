/**
 * Probability that a chi-square variable with `degrees` degrees of freedom exceeds `statistic`: the regularised
 * upper incomplete gamma function Q(degrees / 2, statistic / 2).
 */
export function chiSquareTail(statistic: number, degrees: number): number {
  if (!(degrees > 0)) return Number.NaN;
  return statistic <= 0 ? 1 : upperGamma(degrees / 2, statistic / 2);
}

/**
 * Probability that Kolmogorov's limiting distribution exceeds `lambda`, which is D·√(n·m / (n + m)) for two samples.
 * Both series are exact; each is used where it converges within a few terms.
 */
export function kolmogorovTail(lambda: number): number {
  if (lambda <= 0) return 1;
  if (lambda < 1.18) {
    const base = -(Math.PI ** 2) / (8 * lambda ** 2);
    let sum = 0;
    for (let odd = 1; odd <= 9; odd += 2) sum += Math.exp(base * odd ** 2);
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 8; k += 1) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * (k * lambda) ** 2);
  return 2 * sum;
}

const PRECISION = 1e-16;
const MAX_TERMS = 100_000;

/** Numerical Recipes, 6.2: the series below a + 1, the continued fraction (Lentz) above. */
function upperGamma(a: number, x: number): number {
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < MAX_TERMS && term > sum * PRECISION; n += 1) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - scale * sum;
  }
  const tiny = Number.MIN_VALUE / Number.EPSILON;
  let b = x + 1 - a;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < MAX_TERMS; n += 1) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b, tiny);
    c = nonZero(b + numerator / c, tiny);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < PRECISION) break;
  }
  return scale * fraction;
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Stirling's series (Abramowitz and Stegun, 6.1.41), brought to arguments above 15 by the recurrence. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 15; z += 1) shift += Math.log(z);
  const inverse = 1 / (z * z);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1_260 - inverse * (1 / 1_680 - inverse * (1 / 1_188))))) / z;
  return (z - 0.5) * Math.log(z) - z + Math.log(2 * Math.PI) / 2 + series - shift;
}
