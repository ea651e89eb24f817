import type { Tensor, Tensors } from "../tensor/tensor.ts";
import { matchesPattern } from "./pattern.ts";
import { type CacheSelection, type CacheSubject, isSelected, keyOf } from "./selection.ts";
import type { SharedAnswers } from "./shared-answers.ts";

export interface CacheStatistics {
  readonly entries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Entries that made room for newer ones. */
  readonly evictions: number;
}

/** Where an answer was: in this process, with what replicas share, or nowhere. */
export type CacheLevel = "memory" | "shared" | "none";

export interface CacheAnswer {
  readonly outputs: Promise<Tensors>;
  /** `memory` also when it is being computed for another question. Final once the outputs are there. */
  readonly level: CacheLevel;
}

/**
 * Answers of models by what was asked. Equal questions that come while the first is being computed
 * wait for its answer. The entries used longest ago make room.
 */
export interface ResponseCache {
  /** The answer, remembered or computed now. */
  answer(subject: CacheSubject, inputs: Tensors, compute: () => Promise<Tensors>): CacheAnswer;
  /** Removes what is selected, a part at a time so that predictions go on, and says how many that were. */
  remove(selection: CacheSelection): Promise<number>;
  /** Keys that fit a pattern, at most `limit`. */
  keys(pattern: string, limit: number): readonly string[];
  statistics(): CacheStatistics;
}

interface Entry {
  readonly question: string;
  readonly subject: CacheSubject;
  outputs: Promise<Tensors>;
  bytes: number;
  /** Neighbours in the order of use. */
  newer: Entry | undefined;
  older: Entry | undefined;
}

export interface ResponseCacheOptions {
  readonly maxBytes: number;
  /** The second level, where replicas share one. */
  readonly shared?: SharedAnswers | undefined;
  /** SHA-256 in hexadecimal. */
  sha256(bytes: Uint8Array | string): string;
  /** Lets other work go first. */
  pause(): Promise<void>;
}

/** What an entry costs beside its numbers: maps, strings, a promise. Measured at about 700 bytes on Node 26. */
const OVERHEAD_BYTES = 700;
/** Entries that are looked at before other work may go first. */
const CHUNK = 5_000;

export function createResponseCache({ maxBytes, shared, sha256, pause }: ResponseCacheOptions): ResponseCache {
  const entries = new Map<string, Entry>();
  // The order of use is a list beside the map. The map's own order would do, but deleting and setting a
  // key that is asked for often makes its bucket in V8's hash table a chain of thousands of dead entries.
  let newest: Entry | undefined;
  let oldest: Entry | undefined;
  let bytes = 0;
  let hits = 0;
  let misses = 0;
  let evictions = 0;

  function unlink(entry: Entry): void {
    if (entry.newer) entry.newer.older = entry.older;
    else newest = entry.older;
    if (entry.older) entry.older.newer = entry.newer;
    else oldest = entry.newer;
  }

  function linkNewest(entry: Entry): void {
    entry.older = newest;
    entry.newer = undefined;
    if (newest) newest.newer = entry;
    newest = entry;
    oldest ??= entry;
  }

  function drop(entry: Entry): void {
    entries.delete(entry.question);
    unlink(entry);
    bytes -= entry.bytes;
  }

  function makeRoom(): void {
    for (let last = oldest; last !== undefined && bytes > maxBytes; last = oldest) {
      drop(last);
      evictions += 1;
    }
  }

  /** Made when somebody asks for it, because predictions do not need it. */
  function entryKey({ question, subject }: Entry): string {
    return keyOf(subject, sha256(question));
  }

  function answer(subject: CacheSubject, inputs: Tensors, compute: () => Promise<Tensors>): CacheAnswer {
    const question = questionOf(subject, inputs);
    const known = entries.get(question);
    if (known !== undefined) {
      hits += 1;
      if (known !== newest) {
        unlink(known);
        linkNewest(known);
      }
      return { outputs: known.outputs, level: "memory" };
    }
    misses += 1;
    const found: { outputs: Promise<Tensors>; level: CacheLevel } =
      shared === undefined ? { outputs: compute(), level: "none" } : askShared(shared, subject, question, compute);
    const { outputs } = found;
    const entry: Entry = {
      question,
      subject,
      outputs,
      bytes: OVERHEAD_BYTES + question.length,
      newer: undefined,
      older: undefined,
    };
    entries.set(question, entry);
    linkNewest(entry);
    bytes += entry.bytes;
    makeRoom();
    outputs.then(
      (tensors) => {
        // Unless it was removed meanwhile; then it must not come back.
        if (entries.get(question) !== entry) return;
        const kept = copyOf(tensors);
        const size = sizeOf(kept);
        entry.outputs = Promise.resolve(kept);
        entry.bytes += size;
        bytes += size;
        // What does not fit at all must not drive everything else out first.
        if (entry.bytes > maxBytes) drop(entry);
        else makeRoom();
      },
      () => {
        // A failure is not remembered: it may have been the moment and not the question.
        if (entries.get(question) === entry) drop(entry);
      },
    );
    return found;
  }

  async function remove(selection: CacheSelection): Promise<number> {
    let removed = 0;
    let looked = 0;
    // What is there now; what comes later is younger than the wish to forget.
    for (const entry of Array.from(entries.values())) {
      const selected = isSelected(selection, entry.subject, () => entryKey(entry));
      if (selected && entries.get(entry.question) === entry) {
        drop(entry);
        removed += 1;
      }
      looked += 1;
      if (looked % CHUNK === 0) await pause();
    }
    return removed;
  }

  return {
    answer,
    remove,
    keys(pattern, limit) {
      const found: string[] = [];
      for (const entry of entries.values()) {
        if (found.length >= limit) break;
        const key = entryKey(entry);
        if (matchesPattern(pattern, key)) found.push(key);
      }
      return found;
    },
    statistics: () => ({ entries: entries.size, bytes, maxBytes, hits, misses, evictions }),
  };
}

function askShared(
  shared: SharedAnswers,
  subject: CacheSubject,
  question: string,
  compute: () => Promise<Tensors>,
): { outputs: Promise<Tensors>; level: CacheLevel } {
  const found: { outputs: Promise<Tensors>; level: CacheLevel } = {
    outputs: shared.answer(subject, question, compute).then((answer) => {
      if (answer.shared) found.level = "shared";
      return answer.outputs;
    }),
    level: "none",
  };
  return found;
}

/**
 * The question as text: artefact, and each input with datatype, shape and bytes. It is compared whole,
 * so two questions never share an answer. Inputs come in any order; their names put them into one. The
 * model is part of it, because an answer is removed by its name, and two models may be the same file.
 */
function questionOf({ name, version, digest }: CacheSubject, inputs: Tensors): string {
  let question = `${name}@${version} ${digest}`;
  const names = inputs.size === 1 ? inputs.keys() : [...inputs.keys()].toSorted();
  for (const input of names) {
    const tensor = inputs.get(input);
    if (tensor) question += `\n${JSON.stringify(input)} ${tensor.datatype} ${tensor.shape.join()} ${bytesOf(tensor)}`;
  }
  return question;
}

function bytesOf({ data }: Tensor): string {
  if (Array.isArray(data)) return JSON.stringify(data);
  // latin1 keeps each byte as one character.
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("latin1");
}

/** A copy of its own: what comes from a batch is a view of the whole batch, and would keep it in memory. */
function copyOf(tensors: Tensors): Tensors {
  return new Map([...tensors].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
}

function sizeOf(tensors: Tensors): number {
  let size = 0;
  for (const { data } of tensors.values()) {
    size += Array.isArray(data) ? data.reduce((sum, text) => sum + 2 * text.length + 16, 0) : data.byteLength;
  }
  return size;
}
