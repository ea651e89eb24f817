import { createHistogram, type Histogram, mergeHistogram, recordValue } from "@muster/kernel";

/** What happened in one slice of time; a request counts where it ended. */
export interface Slice {
  requests: number;
  failed: number;
  /** Most users that were at work at the same time. */
  users: number;
  readonly response: Histogram;
}

/** The course of a run in slices of equal length, bounded whatever the run's length. */
export interface Timeline {
  sliceMs: number;
  readonly slices: Slice[];
}

/**
 * Slices that are kept at most, each with up to 20 KB. A run of more than five minutes is kept in slices of two, four, …
 * seconds.
 */
const MAX_SLICES = 300;

export function createTimeline(): Timeline {
  return { sliceMs: 1_000, slices: [] };
}

/** Counts a request that ended so many ms after the start of the run, after waiting `responseMs`, if that is known. */
export function recordInTime(
  timeline: Timeline,
  sinceStartMs: number,
  responseMs: number | undefined,
  failed: boolean,
): void {
  const slice = sliceAt(timeline, sinceStartMs);
  slice.requests += 1;
  if (failed) slice.failed += 1;
  if (responseMs !== undefined) recordValue(slice.response, responseMs);
}

export function noteUsers(timeline: Timeline, sinceStartMs: number, users: number): void {
  const slice = sliceAt(timeline, sinceStartMs);
  slice.users = Math.max(slice.users, users);
}

/** Adds the course that another worker saw at the same time; users add up. */
export function mergeTimeline(into: Timeline, from: Timeline): void {
  while (into.sliceMs < from.sliceMs) halve(into);
  for (const [index, theirs] of from.slices.entries()) {
    const slice = sliceAt(into, index * from.sliceMs);
    slice.requests += theirs.requests;
    slice.failed += theirs.failed;
    // Several of their slices may fall into one of ours.
    if (from.sliceMs === into.sliceMs) slice.users += theirs.users;
    else slice.users = Math.max(slice.users, theirs.users);
    mergeHistogram(slice.response, theirs.response);
  }
}

/** The slice that an instant falls into, in ms after the start of the run; opened when it is new. */
export function sliceAt(timeline: Timeline, sinceStartMs: number): Slice {
  let index = Math.max(0, Math.floor(sinceStartMs / timeline.sliceMs));
  while (index >= MAX_SLICES) {
    halve(timeline);
    index = Math.floor(sinceStartMs / timeline.sliceMs);
  }
  for (let next = timeline.slices.length; next <= index; next += 1) {
    timeline.slices.push({ requests: 0, failed: 0, users: 0, response: createHistogram() });
  }
  return timeline.slices[index] as Slice;
}

function halve(timeline: Timeline): void {
  timeline.sliceMs *= 2;
  const old = timeline.slices.splice(0);
  for (let at = 0; at < old.length; at += 2) {
    const slice = old[at] as Slice;
    const second = old[at + 1];
    if (second !== undefined) {
      slice.requests += second.requests;
      slice.failed += second.failed;
      slice.users = Math.max(slice.users, second.users);
      mergeHistogram(slice.response, second.response);
    }
    timeline.slices.push(slice);
  }
}
