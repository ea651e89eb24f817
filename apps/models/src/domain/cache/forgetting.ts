import type { Removal, RemovalRecord, Removals } from "./removals.ts";
import type { ResponseCache } from "./response-cache.ts";
import type { CacheSelection } from "./selection.ts";
import type { SharedAnswers } from "./shared-answers.ts";

export interface ForgettingParts {
  readonly cache: ResponseCache;
  readonly removals: Removals;
  readonly shared: SharedAnswers | undefined;
  /** The removals that are kept for all replicas. */
  read(): Promise<RemovalRecord>;
  /** Writes a removal down and tells the other replicas. */
  publish(selection: CacheSelection, actor: string): Promise<Removal>;
}

/** Removal of remembered answers, here and on all other replicas. */
export interface Forgetting {
  /**
   * When it returns, this replica no longer gives an answer that was asked for before; the others, as soon as
   * they hear of it. Returns how many entries went from memory here.
   */
  remove(selection: CacheSelection, actor: string): Promise<number>;
  /** A removal that another replica was asked for, or this one. */
  heard(removal: Removal): void;
  /** Asks what was removed while nothing could be heard. */
  catchUp(): Promise<void>;
}

export function createForgetting({ cache, removals, shared, read, publish }: ForgettingParts): Forgetting {
  return {
    async remove(selection, actor) {
      const before = await cache.remove(selection);
      const removal = await publish(selection, actor);
      removals.add(removal);
      const removed = before + (await cache.remove(selection));
      // Its room only; nobody waits for that, and what fails here expires.
      shared?.sweep(selection).catch(() => undefined);
      return removed;
    },
    heard(removal) {
      // This replica's own comes back to it, when there may be answers again that are younger.
      if (removals.add(removal)) void cache.remove(removal.selection);
    },
    async catchUp() {
      const missed = await removals.catchUp(read);
      if (missed === undefined) await cache.remove({ pattern: "*" });
      for (const { selection } of missed ?? []) await cache.remove(selection);
    },
  };
}
