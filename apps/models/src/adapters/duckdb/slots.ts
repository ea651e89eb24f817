import { MusterError } from "@muster/kernel";

/** Places for what may run at the same time; the rest waits in order. */
export interface Slots {
  /**
   * Resolves when a place is free.
   * @throws {MusterError} `overloaded` when too many wait; `interrupted` when the caller went away.
   */
  take(signal?: AbortSignal): Promise<void>;
  give(): void;
  /** Resolves when every place is free. */
  idle(): Promise<void>;
}

export function createSlots(places: number, maxWaiting: number): Slots {
  let free = places;
  const waiting = new Set<() => void>();
  const forIdle: (() => void)[] = [];

  return {
    take(signal) {
      if (free > 0) {
        free -= 1;
        return Promise.resolve();
      }
      if (waiting.size >= maxWaiting) {
        return Promise.reject(new MusterError("overloaded", `${waiting.size} queries and uploads are waiting already`));
      }
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(enter);
          reject(new MusterError("interrupted", "nobody waits for the answer any more"));
        };
        const enter = (): void => {
          signal?.removeEventListener("abort", leave);
          resolve();
        };
        signal?.addEventListener("abort", leave, { once: true });
        waiting.add(enter);
      });
    },
    give() {
      const [next] = waiting;
      if (next) {
        waiting.delete(next);
        next();
        return;
      }
      free += 1;
      if (free === places) for (const resolve of forIdle.splice(0)) resolve();
    },
    idle: () => (free === places ? Promise.resolve() : new Promise((resolve) => forIdle.push(resolve))),
  };
}
