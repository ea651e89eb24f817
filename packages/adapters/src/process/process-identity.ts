import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/**
 * A text that is the same for as long as a process lives and differs for any other process that
 * gets its pid later: when the process started. `undefined` when there is no such process.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") {
    try {
      const stat = await readFile(`/proc/${pid}/stat`, "utf8");
      // Field 22, start time in clock ticks (proc(5)); the command before it may hold blanks and brackets.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return fields[0] === "Z" ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  return new Promise((resolve) => {
    execFile("ps", ["-o", "lstart=", "-p", String(pid)], (error, stdout) => {
      const started = stdout.trim();
      resolve(error || started === "" ? undefined : started);
    });
  });
}
