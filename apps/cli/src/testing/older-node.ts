import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** A Node on this machine that cannot run Muster itself. */
export function olderNode(): string | undefined {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const file = join(folder, "node");
    try {
      accessSync(file, constants.X_OK);
      const version = execFileSync(file, ["--version"], { encoding: "utf8" });
      if (Number.parseInt(version.slice(1), 10) < 26) return file;
    } catch {
      // No Node here.
    }
  }
  return undefined;
}
