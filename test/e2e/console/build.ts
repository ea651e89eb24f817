import { spawn } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");
const CONSOLE = join(ROOT, "apps/console");

/** Folder of the console's build. */
export const CONSOLE_FOLDER = join(CONSOLE, "dist");

/** Builds the console unless its build is newer than everything that it is made from. */
export async function freshBuild(): Promise<void> {
  const built = statSync(join(CONSOLE_FOLDER, "index.html"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = ["apps/console", "packages/report", "packages/kernel"].flatMap((folder) =>
    globSync(`${folder}/{src/**/*,index.html,vite.config.ts}`, { cwd: ROOT }),
  );
  if (sources.every((file) => statSync(join(ROOT, file)).mtimeMs <= built)) return;
  const vite = join(ROOT, "node_modules/vite/bin/vite.js");
  const child = spawn(process.execPath, [vite, "build", "--logLevel", "warn"], { cwd: CONSOLE, stdio: "inherit" });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  if (code !== 0) throw new Error("the console could not be built");
}
