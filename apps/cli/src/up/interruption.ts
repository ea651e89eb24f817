/** What a command does when it is told to stop. */
export interface InterruptionHandlers {
  /** The first time: stop in order. */
  stop(): void;
  /** Ctrl-C again: end at once. */
  end(): void;
}

/**
 * One Ctrl-C can arrive more than once: from the terminal, and again from npm, which passes on what its
 * children already got. A second one counts only after this long.
 */
const SAME_KEYSTROKE_MS = 500;

/** Listens for the signals that mean "stop". Returns how to stop listening. */
export function onInterruption(handlers: InterruptionHandlers, now: () => number): () => void {
  let first: number | undefined;
  const stop = (): void => {
    if (first === undefined) {
      first = now();
      handlers.stop();
    }
  };
  const interrupt = (): void => {
    if (first === undefined) stop();
    else if (now() - first >= SAME_KEYSTROKE_MS) handlers.end();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", stop);
  process.on("SIGHUP", stop);
  return () => {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", stop);
    process.off("SIGHUP", stop);
  };
}
