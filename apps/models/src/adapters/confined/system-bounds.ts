import { constants, setPriority } from "node:os";

/** What the system itself lets a process do that reads what nobody trusts. */
export interface SystemBounds {
  /** Bytes of each file that it writes; 0 lets it write none. */
  readonly maxFileBytes: number;
  /** Bytes of its data segment; unbounded when undefined, for a process whose memory is watched. */
  readonly maxDataBytes: number | undefined;
  /** Seconds on processors, all threads together; for a process that nobody watches any more. */
  readonly maxProcessorSeconds: number;
}

/** All that such a process gets of the environment. */
export const CONFINED_PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The bounds are set by the shell before the program replaces it: no core file, few files, the size of a file, the size
 * of the data segment, the time on processors; and, where the system allows it, a network namespace with nothing in it.
 * A bound that a system does not know is left out.
 */
const CONFINE = `ulimit -c 0; ulimit -n 256; ulimit -f "$1" 2>/dev/null; ulimit -d "$2" 2>/dev/null; ulimit -t "$3"; shift 3
if unshare -n true 2>/dev/null; then exec unshare -n -- "$@"; fi
exec "$@"`;
const FILE_BLOCK_BYTES = 512;

/** Program and arguments that start a command within bounds, under the process id that is given out. */
export function boundedCommand(
  { maxFileBytes, maxDataBytes, maxProcessorSeconds }: SystemBounds,
  command: readonly string[],
): { readonly program: string; readonly parameters: readonly string[] } {
  const bounds = [
    String(Math.ceil(maxFileBytes / FILE_BLOCK_BYTES)),
    maxDataBytes === undefined ? "unlimited" : String(Math.ceil(maxDataBytes / 1_024)),
    String(Math.ceil(maxProcessorSeconds)),
  ];
  return { program: "/bin/sh", parameters: ["-c", CONFINE, "sh", ...bounds, ...command] };
}

/** Lets others go first on the processors. */
export function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It may have ended already, or the system may not allow it; it is killed in time all the same.
  }
}
