/** One request that was sent with a trace id, so that its span can be found at the server. */
export interface TraceSample {
  readonly name: string;
  readonly trace: string;
  readonly responseMs: number;
  /** The server's own account, from its `Server-Timing` field. */
  readonly serverTiming?: string;
}

const KEPT = 20;

/** The slowest of the sampled requests. */
export class SlowestSamples {
  #samples: TraceSample[] = [];

  offer(sample: TraceSample): void {
    const last = this.#samples[KEPT - 1];
    if (last !== undefined && last.responseMs >= sample.responseMs) return;
    this.#samples = slowestOf([...this.#samples, sample]);
  }

  list(): readonly TraceSample[] {
    return this.#samples;
  }
}

/** The slowest of some samples, slowest first. */
export function slowestOf(samples: readonly TraceSample[]): TraceSample[] {
  return samples.toSorted((a, b) => b.responseMs - a.responseMs).slice(0, KEPT);
}
