/** A stretch of time from its start up to, and without, its end; milliseconds since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Time after a window's end in which its last records are still written. */
export const GRACE_MS = 3_000;
/** Windows that are made up for after a stop; older ones stay away. */
const MAX_MADE_UP = 48;

/**
 * Windows that are over and not judged yet, oldest first. They start at whole multiples of their size. A clock that
 * went back gives none until it has caught up, so that no window is judged twice.
 * @param since end of the last judged window, or the beginning of the first.
 */
export function dueWindows(since: number, size: number, now: number): readonly Window[] {
  const last = Math.floor((now - GRACE_MS) / size);
  // Where the size was changed, a window of which a part was judged already is left out.
  const first = Math.max(Math.ceil(since / size), last - MAX_MADE_UP);
  const windows: Window[] = [];
  for (let number = first; number < last; number += 1) windows.push({ from: number * size, to: (number + 1) * size });
  return windows;
}

/** The beginning of the window in which an instant lies. */
export function windowStart(instant: number, size: number): number {
  return Math.floor(instant / size) * size;
}
