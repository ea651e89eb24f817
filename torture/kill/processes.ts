import { readdir, readFile } from "node:fs/promises";

/**
 * Pids of live processes that belong to a campaign: its mark stands in their environment or their
 * command line. Linux only (proc(5)).
 */
export async function markedProcesses(mark: string): Promise<readonly number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  const marked = await Promise.all(pids.map(async (pid) => ((await belongs(pid, mark)) ? [pid] : [])));
  return marked.flat();
}

async function belongs(pid: number, mark: string): Promise<boolean> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "");
  const [environment, command, stat] = await Promise.all([read("environ"), read("cmdline"), read("stat")]);
  const zombie = stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  return !zombie && (environment.includes(mark) || command.includes(mark));
}

/** Ends a process with SIGKILL; one that is gone already is fine. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
