import { performance, PerformanceObserver, type EventLoopUtilization } from "node:perf_hooks";

/** What one thread of the generator cost and how well it ran. */
export interface GeneratorHealth {
  /** Processor time of the thread, in ms, and the time that it ran. */
  readonly cpuMs: number;
  readonly elapsedMs: number;
  /** Share of the time that the event loop was busy, 0 to 1. */
  readonly loopUtilisation: number;
  readonly gcMs: number;
  readonly gcMaxMs: number;
}

/** Watches the thread that it is made in, until {@link stop}. */
export class GeneratorWatch {
  readonly #startedAt = performance.now();
  readonly #cpu = process.threadCpuUsage();
  readonly #loop: EventLoopUtilization = performance.eventLoopUtilization();
  readonly #collections: PerformanceObserver;
  #gcMs = 0;
  #gcMaxMs = 0;

  constructor() {
    this.#collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#gcMs += duration;
        this.#gcMaxMs = Math.max(this.#gcMaxMs, duration);
      }
    });
    this.#collections.observe({ entryTypes: ["gc"] });
  }

  read(): GeneratorHealth {
    const cpu = process.threadCpuUsage(this.#cpu);
    return {
      cpuMs: (cpu.user + cpu.system) / 1_000,
      elapsedMs: performance.now() - this.#startedAt,
      loopUtilisation: performance.eventLoopUtilization(this.#loop).utilization,
      gcMs: this.#gcMs,
      gcMaxMs: this.#gcMaxMs,
    };
  }

  stop(): void {
    this.#collections.disconnect();
  }
}
