/**
 * Tells the server's time. A browser's clock may be minutes off, and an age that is wrong by minutes
 * would make fresh evidence look stale.
 */
export interface ServerClock {
  now(): number;
  /** Takes note of the server's time, in milliseconds, as an answer named it. */
  learn(serverTime: number): void;
  subscribe(listener: () => void): () => void;
}

/** HTTP dates have whole seconds and answers take time; a smaller difference says nothing. */
const NOTICEABLE_MS = 2_500;

/** Ticks once a second while somebody listens. */
export function createServerClock(local: {
  now(): number;
  every(milliseconds: number, callback: () => void): () => void;
}): ServerClock {
  let offset = 0;
  let tick = (): void => {};
  let current = local.now();
  const listeners = new Set<() => void>();
  return {
    // Rounded down to the last tick, so that every age on the page is computed from the same instant.
    now: () => (listeners.size > 0 ? current : local.now() + offset),
    learn(serverTime) {
      const difference = serverTime - local.now();
      offset = Math.abs(difference) < NOTICEABLE_MS ? 0 : difference;
    },
    subscribe(listener) {
      if (listeners.size === 0) {
        current = local.now() + offset;
        tick = local.every(1_000, () => {
          current = local.now() + offset;
          for (const each of listeners) each();
        });
      }
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) tick();
      };
    },
  };
}
