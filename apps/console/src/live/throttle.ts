/**
 * Calls `work` at once, and then at most once in each interval however often it is asked for. What
 * was asked for during an interval is done once at its end, so the last request is never lost.
 */
export function throttle(
  work: () => void,
  intervalMs: number,
  after: (milliseconds: number, callback: () => void) => () => void,
): () => void {
  let resting = false;
  let asked = false;
  function run(): void {
    resting = true;
    asked = false;
    work();
    after(intervalMs, () => {
      resting = false;
      if (asked) run();
    });
  }
  return () => {
    asked = true;
    if (!resting) run();
  };
}
