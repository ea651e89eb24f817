import { createThroughput } from "./throughput.ts";

/** Milliseconds of one turn of the event loop that are worked through as they come, while nothing waits. */
const CALM_TURN_MS = 4;
/** Milliseconds of work between two looks at what has arrived, once something waits; so a refusal is never far. */
const SLICE_MS = 0.5;
/** Requests that may wait in any case, so that some dozens of patient callers with large requests are not turned away. */
const ALWAYS_PLACES = 64;
/** A queue that was empty within this many milliseconds is a burst and not an overload. */
const INTERVAL_MS = 100;
/** How much longer than usual what comes in a burst, or after the process stood still, may wait. */
const BURST_FACTOR = 5;
/** How much longer than usual anything may wait: room for callers who have less than their share. */
const MOST_FACTOR = 3;
/** For how many milliseconds back the speed is reckoned, roughly. */
const MEMORY_MS = 100;
/** Requests for one millisecond, until there is experience. */
const FIRST_GUESS = 10;
/** Requests begun in one slice at most. */
const MAX_SLICE = 256;

export interface AdmissionOptions<T> {
  /** Milliseconds that a request may be expected to wait when there is always a queue. */
  readonly waitMs: number;
  /** Milliseconds from any fixed point, never going back. */
  now(): number;
  /** Calls back after what has arrived meanwhile has been read, in the order of the calls; `setImmediate` outside of tests. */
  schedule(callback: () => void): void;
  /** Begins to answer a request; `waitedMs` is 0 for one that did not wait. */
  run(item: T, waitedMs: number): void;
  /** For whom it is; asked only when something waits. Text of any form. */
  callerOf(item: T): string;
}

/** The door of a service that answers one request after the other. */
export interface Admission<T> {
  /** Runs a request now or later and returns true, or returns false for one that must be refused. */
  arrive(item: T): boolean;
  /** Requests that wait. */
  waiting(): number;
}

interface Waiting<T> {
  readonly item: T;
  readonly caller: string;
  readonly since: number;
}

/**
 * Admits as many requests as can be begun soon, and tells the others at once.
 *
 * While the work of a turn of the event loop is short, a request is run where it arrives and nothing is kept. When a
 * turn has become long, requests wait here instead of unread in their sockets, and are begun in slices, so that
 * between two slices new ones are read and either join the queue or are refused.
 *
 * How many may wait follows from Little's law: a queue of n that is worked off at a rate r is waited in for n / r. The
 * rate is measured, so that it holds for small and for large requests and counts what refusing costs. The wait allowed
 * is that of the controlled delay of B. Maurer, "Fail at Scale", ACM Queue 13 (8), 2015: generous for a queue that was
 * empty of late, short for one that stands; only that here it is applied on arrival, and what is admitted is answered.
 *
 * When the queue is full, a caller with less than an equal share of it is still let in, up to three times its length.
 */
export function createAdmission<T>(options: AdmissionOptions<T>): Admission<T> {
  const { now, schedule, callerOf } = options;
  let turnBegan = 0;
  let inTurn = false;
  let draining = false;
  let queue: Waiting<T>[] = [];
  let head = 0;
  const waitingOf = new Map<string, number>();
  let emptyAt = 0;
  let sliceEnds = 0;
  /** Requests begun while there was a queue. */
  const speed = createThroughput(FIRST_GUESS, MEMORY_MS);
  let begunInTurn = 0;
  let turnsFrom = 0;

  const length = (): number => queue.length - head;

  function arrive(item: T): boolean {
    const time = now();
    if (length() > 0) {
      const caller = callerOf(item);
      if (!admits(caller, time)) return false;
      enqueue(item, caller, time);
      return true;
    }
    emptyAt = time;
    if (!inTurn) {
      inTurn = true;
      turnBegan = time;
      schedule(endTurn);
    } else if (time - turnBegan >= CALM_TURN_MS) {
      enqueue(item, callerOf(item), time);
      return true;
    }
    options.run(item, 0);
    return true;
  }

  function admits(caller: string, time: number): boolean {
    const standing = Math.max(ALWAYS_PLACES, speed.perMs() * options.waitMs);
    const places = time - emptyAt > INTERVAL_MS ? standing : standing * BURST_FACTOR;
    const taken = length();
    if (taken < places) return true;
    if (taken >= standing * MOST_FACTOR) return false;
    const own = waitingOf.get(caller);
    return own === undefined || own < places / waitingOf.size;
  }

  function enqueue(item: T, caller: string, since: number): void {
    queue.push({ item, caller, since });
    waitingOf.set(caller, (waitingOf.get(caller) ?? 0) + 1);
  }

  function endTurn(): void {
    inTurn = false;
    if (draining || length() === 0) return;
    draining = true;
    turnsFrom = now();
    begunInTurn = 0;
    scheduleSlice();
  }

  /** Each request gets a callback of its own, so that what it leaves for the end of the callback is counted too. */
  function scheduleSlice(): void {
    schedule(beginSlice);
    const most = Math.min(length(), Math.ceil(speed.perMs() * SLICE_MS) * 2 + 1, MAX_SLICE);
    for (let nth = 0; nth < most; nth += 1) schedule(step);
    schedule(endSlice);
  }

  function beginSlice(): void {
    sliceEnds = now() + SLICE_MS;
  }

  function step(): void {
    const next = queue[head];
    if (next === undefined) return;
    const time = now();
    // One in each slice at least, or nothing would ever be answered on a machine that is too slow.
    if (time >= sliceEnds && begunInTurn > 0) return;
    head += 1;
    begunInTurn += 1;
    const own = waitingOf.get(next.caller) ?? 0;
    if (own > 1) waitingOf.set(next.caller, own - 1);
    else waitingOf.delete(next.caller);
    options.run(next.item, time - next.since);
  }

  function endSlice(): void {
    const time = now();
    learn(time);
    queue = queue.slice(head);
    head = 0;
    draining = queue.length > 0;
    if (draining) scheduleSlice();
    else emptyAt = time;
  }

  function learn(time: number): void {
    speed.add(begunInTurn, time - turnsFrom);
    turnsFrom = time;
    begunInTurn = 0;
  }

  return { arrive, waiting: length };
}
