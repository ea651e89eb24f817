import { type CacheSelection, type CacheSubject, isSelected } from "./selection.ts";

/** A wish to forget, with its place among all of them: 1, 2, and so on without a gap. */
export interface Removal {
  readonly generation: number;
  readonly selection: CacheSelection;
}

/** The newest removals as they are kept for all replicas. */
export interface RemovalRecord {
  /** Which platform they belong to, so that two that share a server do not share answers. */
  readonly platform: string;
  /** Generation of the newest removal there ever was; 0 before the first. */
  readonly generation: number;
  /** In order and without a gap; older ones may have been dropped. */
  readonly removals: readonly Removal[];
}

/**
 * What this replica knows of removals. An answer that replicas share carries the generation that was known when
 * its computation began, so that no removal has to find and delete it: whoever reads it sees that it is older
 * than a removal that is about it. That holds for answers that were still being computed, too, and for those of
 * a server that was away, or came back with old data.
 */
export interface Removals {
  /** Undefined until the record has been read. */
  known(): { readonly platform: string; readonly generation: number } | undefined;
  /** Takes notice of a removal. Returns whether it was not known before. */
  add(removal: Removal): boolean;
  /**
   * Reads the record and takes notice of it. Returns what this replica had missed; undefined when that can no longer
   * be said, so that everything is to be forgotten.
   */
  catchUp(read: () => Promise<RemovalRecord>): Promise<readonly Removal[] | undefined>;
  /** Whether an answer of a generation may no longer be given, or cannot be told from one that may not. */
  isRemoved(generation: number, subject: CacheSubject, key: string): boolean;
}

/** Removals that are kept. What is older than all of them is taken for removed. */
export const KEPT_REMOVALS = 256;

export function createRemovals(): Removals {
  let platform: string | undefined;
  let newest = 0;
  /** Answers of this generation and later can be judged. */
  let floor = 0;
  let selections = new Map<number, CacheSelection>();

  function add({ generation, selection }: Removal): boolean {
    if (generation <= floor || selections.has(generation)) return false;
    selections.set(generation, selection);
    newest = Math.max(newest, generation);
    while (newest - floor > KEPT_REMOVALS) {
      floor += 1;
      selections.delete(floor);
    }
    return true;
  }

  return {
    known: () => (platform === undefined ? undefined : { platform, generation: newest }),
    add,
    async catchUp(read) {
      const before = newest;
      const record = await read();
      const first = record.removals[0]?.generation ?? record.generation + 1;
      const missed = record.removals.filter(({ generation }) => generation > floor && !selections.has(generation));
      // Another platform, one that was set back, or one that has dropped what this replica never heard of.
      const same = platform === undefined || (platform === record.platform && record.generation >= before);
      const lost = !same || (platform !== undefined && first > before + 1);
      // Heard of while the record was being read.
      const since = same ? [...selections].filter(([generation]) => generation > record.generation) : [];
      platform = record.platform;
      newest = record.generation;
      floor = first - 1;
      selections = new Map(record.removals.map(({ generation, selection }) => [generation, selection]));
      for (const [generation, selection] of since) add({ generation, selection });
      return lost ? undefined : missed;
    },
    isRemoved(generation, subject, key) {
      // A later generation than is known here: a removal was not heard of yet, or the database was set back.
      if (generation < floor || generation > newest) return true;
      for (let each = generation + 1; each <= newest; each += 1) {
        const selection = selections.get(each);
        if (selection === undefined || isSelected(selection, subject, () => key)) return true;
      }
      return false;
    },
  };
}
