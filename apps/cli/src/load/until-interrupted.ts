import { MusterError } from "@muster/kernel";
import type { Io } from "../output/io.ts";
import { onInterruption } from "../up/interruption.ts";

/**
 * Does something that Ctrl-C gives up.
 * @throws {MusterError} `load-stopped` when it was.
 */
export async function untilInterrupted<T>(io: Io, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void =>
    controller.abort(new MusterError("load-stopped", "it was stopped by hand before there was a result"));
  const ignore = onInterruption({ stop, end: stop }, io.now);
  try {
    return await work(controller.signal);
  } finally {
    ignore();
  }
}
