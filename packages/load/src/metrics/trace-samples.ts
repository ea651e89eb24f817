/** One request that was sent with a trace id, so that its span can be found at the server. */
export interface TraceSample {
  readonly name: string;
  readonly trace: string;
  readonly responseMs: number;
  /** The server's own account, from its `Server-Timing` field. */
  readonly serverTiming?: string;
  /** How it failed, if it did: `status 503`, `timeout: …`. */
  readonly failure?: string;
}

const KEPT = 20;
/** Of each way to fail; more of the same would crowd out the others. */
const KEPT_OF_EACH_FAILURE = 2;

/** The sampled requests that are worth a look: the slowest, and some of each way to fail. */
export class NotableSamples {
  #slowest: TraceSample[] = [];
  #failed: TraceSample[] = [];

  offer(sample: TraceSample): void {
    const last = this.#slowest[KEPT - 1];
    if (last === undefined || last.responseMs < sample.responseMs)
      this.#slowest = slowestOf([...this.#slowest, sample]);
    if (sample.failure !== undefined && this.#failed.length < KEPT) this.#failed = failedOf([...this.#failed, sample]);
  }

  list(): readonly TraceSample[] {
    return [...new Set([...this.#slowest, ...this.#failed])];
  }
}

/** The slowest of some samples, slowest first. */
export function slowestOf(samples: readonly TraceSample[]): TraceSample[] {
  return samples.toSorted((a, b) => b.responseMs - a.responseMs).slice(0, KEPT);
}

/** Some of each way to fail, in the order in which they came. */
export function failedOf(samples: readonly TraceSample[]): TraceSample[] {
  const seen = new Map<string, number>();
  const kept: TraceSample[] = [];
  for (const sample of samples) {
    if (sample.failure === undefined || kept.length === KEPT) continue;
    const way = `${sample.name}: ${sample.failure}`;
    const times = (seen.get(way) ?? 0) + 1;
    seen.set(way, times);
    if (times <= KEPT_OF_EACH_FAILURE) kept.push(sample);
  }
  return kept;
}
