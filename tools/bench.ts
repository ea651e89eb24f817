/** `npm run bench -- NAME`: runs `bench/NAME/main.ts` with the options that follow. */
import { spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./test/suites.ts";

const [name, ...options] = process.argv.slice(2);
const names = globSync("bench/*/main.ts", { cwd: ROOT })
  .map((file) => file.split("/")[1] ?? "")
  .sort();
const main = join(ROOT, "bench", name ?? "", "main.ts");

if (name === undefined || !existsSync(main)) {
  process.stderr.write(
    `${name === undefined ? "name a benchmark" : `there is no benchmark "${name}"`}: ${names.join(", ")}\n`,
  );
  process.exitCode = 2;
} else {
  const done = spawnSync(process.execPath, [main, ...options], { cwd: ROOT, stdio: "inherit" });
  process.exitCode = done.status ?? 3;
}
