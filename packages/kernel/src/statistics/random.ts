/** A source of numbers from 0 up to, but without, 1. */
export type Random = () => number;

/**
 * A source of evenly spread numbers that gives the same ones for the same seed, on every machine: `sfc32` of
 * PractRand, with its state filled from the seed by `splitmix32`. For choices and statistics, never for secrets.
 */
export function createRandom(seed: number): Random {
  let filler = seed | 0;
  const fill = (): number => {
    filler = (filler + 0x9e3779b9) | 0;
    let mixed = Math.imul(filler ^ (filler >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  let a = fill();
  let b = fill();
  let c = fill();
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) next();
  return () => next() / 2 ** 32;
}
