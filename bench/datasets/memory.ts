import { readFile, writeFile } from "node:fs/promises";

/** Megabytes that a process holds. */
export interface Memory {
  readonly before: number;
  /** The most that it held while the work was done. */
  readonly peak: number;
}

/** Looks at the memory of a process while it does something (proc_pid_status(5): VmRSS and VmHWM). */
export async function memoryDuring(pid: number, work: () => Promise<unknown>): Promise<Memory> {
  const before = await megabytes(pid, "VmRSS");
  // Lets the peak begin anew (proc_pid_clear_refs(5)).
  await writeFile(`/proc/${pid}/clear_refs`, "5");
  await work();
  return { before, peak: await megabytes(pid, "VmHWM") };
}

async function megabytes(pid: number, field: string): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1_024) / 1e6;
}
