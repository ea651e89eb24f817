import type { Capacity, CapacityStep, StepOutcome } from "@muster/contract";

export interface CapacityOptions {
  /** Where to begin, in requests per second, and where to stop looking. */
  readonly startPerSecond: number;
  readonly maxPerSecond: number;
  /** How near the two ends must come: 0.03 for 3 %. */
  readonly precision: number;
  /** How often each end is tried in all before it is believed. */
  readonly confirmations: number;
  /** Steps at most; the search says what it knows then. */
  readonly maxSteps: number;
}

export const DEFAULT_CAPACITY: CapacityOptions = {
  startPerSecond: 100,
  maxPerSecond: 100_000,
  precision: 0.03,
  confirmations: 3,
  maxSteps: 40,
};

/**
 * Finds the highest rate at which an objective holds: doubles until it breaks, narrows the gap, then tries both ends
 * again, because one step can be lucky or unlucky. An end that does not stand up to that moves, and the search goes on.
 *
 * @param offer puts a short load of a rate on the service and judges it.
 */
export async function findCapacity(
  offer: (ratePerSecond: number) => Promise<StepOutcome>,
  options: CapacityOptions = DEFAULT_CAPACITY,
): Promise<Capacity> {
  const search = new Search(options);
  while (search.next !== undefined) {
    const { ratePerSecond, purpose } = search.next;
    search.take({ ratePerSecond, purpose, ...(await offer(ratePerSecond)) });
  }
  return search.result();
}

class Search {
  next: { readonly ratePerSecond: number; readonly purpose: CapacityStep["purpose"] } | undefined;

  readonly #options: CapacityOptions;
  readonly #steps: CapacityStep[] = [];

  constructor(options: CapacityOptions) {
    this.#options = options;
    this.next = { ratePerSecond: options.startPerSecond, purpose: "grow" };
  }

  take(step: CapacityStep): void {
    this.#steps.push(step);
    this.next = this.#steps.length >= this.#options.maxSteps ? undefined : this.#plan();
  }

  result(): Capacity {
    const holdsAt = this.#holdsAt();
    const breaksAt = this.#breaksAt();
    return {
      holdsAt,
      breaksAt,
      tries: {
        holds: holdsAt === undefined ? 0 : this.#triesAt(holdsAt).length,
        breaks: breaksAt === undefined ? 0 : this.#triesAt(breaksAt).length,
      },
      steps: this.#steps,
      settled: this.#plan() === undefined && holdsAt !== undefined && breaksAt !== undefined,
    };
  }

  #plan(): Search["next"] {
    const { startPerSecond, maxPerSecond, precision, confirmations } = this.#options;
    const low = this.#holdsAt();
    const high = this.#breaksAt();
    if (high === undefined) {
      const from = low ?? startPerSecond;
      if (from >= maxPerSecond) return undefined;
      return { ratePerSecond: Math.min(maxPerSecond, from * 2), purpose: "grow" };
    }
    if (low === undefined) {
      if (high <= 1) return undefined;
      return { ratePerSecond: Math.max(1, Math.round(high / 2)), purpose: "grow" };
    }
    if (high > low * (1 + precision) && high - low > 1)
      return { ratePerSecond: this.#between(low, high), purpose: "narrow" };
    for (const end of [low, high]) {
      if (this.#triesAt(end).length < confirmations) return { ratePerSecond: end, purpose: "confirm" };
    }
    return undefined;
  }

  /** A rate inside the gap: just above what got through when it broke, where that helps, otherwise the middle. */
  #between(low: number, high: number): number {
    const { precision } = this.#options;
    const through = this.#triesAt(high).at(-1)?.goodPerSecond ?? 0;
    const guess = through * (1 + precision / 3);
    const middle = Math.sqrt(low * high);
    // A guess at the very edge of the gap would narrow nothing.
    const edge = precision / 2;
    const useful = guess > low * (1 + edge) && guess < high * (1 - edge);
    const alternate = this.#steps.length % 2 === 0;
    return Math.round(useful && alternate ? guess : middle);
  }

  #triesAt(rate: number): CapacityStep[] {
    return this.#steps.filter((step) => step.ratePerSecond === rate);
  }

  /** Whether most tries at a rate broke the objective. A draw counts against the rate. */
  #breaks(rate: number): boolean {
    const tries = this.#triesAt(rate);
    return tries.filter((step) => !step.holds).length * 2 >= tries.length;
  }

  #rates(): number[] {
    return [...new Set(this.#steps.map((step) => step.ratePerSecond))].sort((a, b) => a - b);
  }

  #breaksAt(): number | undefined {
    return this.#rates().find((rate) => this.#breaks(rate));
  }

  #holdsAt(): number | undefined {
    const limit = this.#breaksAt() ?? Number.POSITIVE_INFINITY;
    return this.#rates().findLast((rate) => rate < limit && !this.#breaks(rate));
  }
}
