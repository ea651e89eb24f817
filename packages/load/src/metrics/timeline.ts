import { createHistogram, type Histogram, mergeHistogram, recordValue } from "@muster/kernel";

/** What happened in one slice of time; the time of a request is that of its end. */
export interface Slice {
  requests: number;
  failed: number;
  /** Most users that were at work. */
  users: number;
  readonly response: Histogram;
}

/** Slices that are kept at most. A longer run is kept in slices of two, four, … seconds. */
const MAX_SLICES = 1_200;

/** The course of a run, second by second, bounded whatever the run's length. */
export class Timeline {
  readonly slices: Slice[] = [];
  #sliceMs = 1_000;

  /** Milliseconds that each slice stands for. */
  get sliceMs(): number {
    return this.#sliceMs;
  }

  /** Counts a request that ended so many ms after the start of the run, after waiting `responseMs`, if that is known. */
  record(sinceStartMs: number, responseMs: number | undefined, failed: boolean): void {
    const slice = this.#at(sinceStartMs);
    slice.requests += 1;
    if (failed) slice.failed += 1;
    if (responseMs !== undefined) recordValue(slice.response, responseMs);
  }

  noteUsers(sinceStartMs: number, users: number): void {
    const slice = this.#at(sinceStartMs);
    slice.users = Math.max(slice.users, users);
  }

  /** Adds a second that another worker saw; users at the same time add up. */
  merge(sinceStartMs: number, from: Slice): void {
    const slice = this.#at(sinceStartMs);
    slice.requests += from.requests;
    slice.failed += from.failed;
    slice.users += from.users;
    mergeHistogram(slice.response, from.response);
  }

  #at(sinceStartMs: number): Slice {
    let index = Math.max(0, Math.floor(sinceStartMs / this.#sliceMs));
    while (index >= MAX_SLICES) {
      this.#halve();
      index = Math.floor(sinceStartMs / this.#sliceMs);
    }
    for (let next = this.slices.length; next <= index; next += 1) {
      this.slices.push({ requests: 0, failed: 0, users: 0, response: createHistogram() });
    }
    return this.slices[index] as Slice;
  }

  #halve(): void {
    this.#sliceMs *= 2;
    const old = this.slices.splice(0);
    for (let at = 0; at < old.length; at += 2) {
      const slice = old[at] as Slice;
      const second = old[at + 1];
      if (second !== undefined) {
        slice.requests += second.requests;
        slice.failed += second.failed;
        slice.users = Math.max(slice.users, second.users);
        mergeHistogram(slice.response, second.response);
      }
      this.slices.push(slice);
    }
  }
}
