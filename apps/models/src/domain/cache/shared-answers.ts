import type { Tensors } from "../tensor/tensor.ts";
import { createBreaker } from "./breaker.ts";
import type { Removals } from "./removals.ts";
import { type CacheSelection, type CacheSubject, isSelected, keyOf } from "./selection.ts";
import type { SharedStore } from "./shared-store.ts";
import { decodeAnswer, encodeAnswer } from "./stored-answer.ts";

/** Counts since the start. */
export interface SharedStatistics {
  readonly hits: number;
  readonly misses: number;
  /** Questions for which the store was not asked or not waited for, because it does not work or has enough to do. */
  readonly skipped: number;
  readonly readFailures: number;
  /** Values that were damaged or not an answer; counted as misses too. */
  readonly damaged: number;
  readonly writes: number;
  readonly writeFailures: number;
  /** Answers that were not written: too large, or too many at once. */
  readonly notWritten: number;
  /** Since when it is not read from and not written to, in milliseconds since the epoch. */
  readonly notReadSince: number | undefined;
  readonly notWrittenSince: number | undefined;
  /** The last reason that the store gave, while it is not read from or not written to. */
  readonly trouble: string | undefined;
}

/** How the store works at present. */
export type SharedState = "up" | "not-written" | "down";

export function sharedState({ notReadSince, notWrittenSince }: SharedStatistics): SharedState {
  if (notReadSince !== undefined) return "down";
  return notWrittenSince === undefined ? "up" : "not-written";
}

/**
 * The second level of the cache: answers that replicas share. It never makes a prediction fail, and never makes one
 * wait for longer than it was told.
 */
export interface SharedAnswers {
  /** The answer that is shared, or else is computed, and then shared without the caller waiting for that. */
  answer(
    subject: CacheSubject,
    question: string,
    compute: () => Promise<Tensors>,
  ): Promise<{ readonly outputs: Tensors; readonly shared: boolean }>;
  /** Reads something, so that it is noticed that the store went or came back though nobody asks for a prediction. */
  probe(): Promise<void>;
  /** Frees the room of what was removed. That it is given to nobody is the work of {@link Removals}. */
  sweep(selection: CacheSelection): Promise<void>;
  statistics(): SharedStatistics;
  close(): Promise<void>;
}

export interface SharedAnswersOptions {
  readonly store: SharedStore;
  readonly removals: Removals;
  /** What keys begin with. */
  readonly prefix: string;
  readonly ttlMs: number;
  /** Milliseconds that a prediction waits for the store at most. */
  readonly waitMs: number;
  /** Answers that take less than so many milliseconds to compute are computed: the store would take longer. */
  readonly aboveMs: number;
  /** SHA-256 in hexadecimal. */
  sha256(bytes: Uint8Array | string): string;
  now(): number;
  /** Calls something later; returns how that is called off. */
  later(ms: number, action: () => void): () => void;
}

/** Bytes of a value at most. */
export const MAX_VALUE_BYTES = 262_144;
/** Questions to the store that have no answer yet, and bytes that are being written. */
const MAX_READING = 512;
const MAX_WRITING_BYTES = 8_388_608;
const BREAKER = { failures: 5, pauseMs: 500, maxPauseMs: 15_000 };

export function createSharedAnswers(options: SharedAnswersOptions): SharedAnswers {
  const { store, removals, prefix, ttlMs, waitMs, aboveMs, sha256, now, later } = options;
  const reads = createBreaker({ ...BREAKER, now });
  // A store may be readable and yet take nothing: a replica of it, or one that is full.
  const writes = createBreaker({ ...BREAKER, now });
  let reading = 0;
  let writing = 0;
  const count = {
    hits: 0,
    misses: 0,
    skipped: 0,
    readFailures: 0,
    damaged: 0,
    writes: 0,
    writeFailures: 0,
    notWritten: 0,
  };

  /** The bytes, `none`, or `unknown` when it took too long or failed. Never rejects. */
  function read(key: string): Promise<Uint8Array | "none" | "unknown"> {
    return new Promise((resolve) => {
      let waiting = true;
      const settle = (result: Uint8Array | "none" | "unknown"): void => {
        if (!waiting) return;
        waiting = false;
        callOff();
        if (result === "unknown") {
          count.readFailures += 1;
          reads.failed();
        } else {
          reads.succeeded();
        }
        resolve(result);
      };
      const callOff = later(waitMs, () => settle("unknown"));
      reading += 1;
      store.read(key, MAX_VALUE_BYTES).then(
        (value) => {
          reading -= 1;
          settle(value ?? "none");
        },
        () => {
          reading -= 1;
          settle("unknown");
        },
      );
    });
  }

  async function find(subject: CacheSubject, key: string, place: string, digest: string): Promise<Tensors | undefined> {
    const admitted = reading >= MAX_READING ? "no" : reads.admit();
    if (admitted !== "yes") {
      count.skipped += 1;
      // Nobody waits for a trial.
      if (admitted === "trial") void read(place);
      return undefined;
    }
    const value = await read(place);
    if (value === "unknown") {
      count.skipped += 1;
      return undefined;
    }
    if (value !== "none") {
      const stored = value.length > MAX_VALUE_BYTES ? undefined : decodeAnswer(value, digest, sha256);
      if (stored === undefined) {
        count.damaged += 1;
      } else if (!removals.isRemoved(stored.generation, subject, key)) {
        count.hits += 1;
        return stored.outputs;
      }
    }
    count.misses += 1;
    return undefined;
  }

  function keep(place: string, digest: string, generation: number, outputs: Tensors): void {
    // What cannot be read need not be written.
    const wanted = reads.openSince() === undefined && writing < MAX_WRITING_BYTES && writes.admit() !== "no";
    const value = wanted ? encodeAnswer({ generation, outputs }, digest, MAX_VALUE_BYTES, sha256) : undefined;
    if (value === undefined) {
      count.notWritten += 1;
      return;
    }
    writing += value.length;
    store
      .write(place, value, ttlMs)
      .then(
        () => {
          count.writes += 1;
          writes.succeeded();
        },
        () => {
          count.writeFailures += 1;
          writes.failed();
        },
      )
      .finally(() => (writing -= value.length));
  }

  return {
    async answer(subject, question, compute) {
      if ((subject.runMs ?? Number.POSITIVE_INFINITY) < aboveMs) return { outputs: await compute(), shared: false };
      // Before anything is computed: a removal from now on is about what comes of it.
      const known = removals.known();
      if (known === undefined) {
        count.skipped += 1;
        return { outputs: await compute(), shared: false };
      }
      const digest = sha256(question);
      const key = keyOf(subject, digest);
      const place = `${prefix}${known.platform}:${key}`;
      const found = await find(subject, key, place, digest);
      if (found) return { outputs: found, shared: true };
      const outputs = await compute();
      keep(place, digest, known.generation, outputs);
      return { outputs, shared: false };
    },
    async probe() {
      if (reading < MAX_READING && reads.admit() !== "no") await read(`${prefix}probe`);
    },
    async sweep(selection) {
      const start = `${prefix}${removals.known()?.platform ?? ""}:`;
      await store.sweep((place) => {
        const [, name = "", version = ""] = place.slice(start.length).split(":");
        return (
          place.startsWith(start) &&
          isSelected(selection, { name, version, digest: "" }, () => place.slice(start.length))
        );
      });
    },
    statistics() {
      const [notReadSince, notWrittenSince] = [reads.openSince(), writes.openSince()];
      const works = notReadSince === undefined && notWrittenSince === undefined;
      return { ...count, notReadSince, notWrittenSince, trouble: works ? undefined : store.trouble() };
    },
    close: () => store.close(),
  };
}
