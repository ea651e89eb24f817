/** `npm run lock`: completes package-lock.json after a dependency was added or raised. See tools/lock/complete-lock.ts. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { completeLock, type Lock, missingEntries } from "./lock/complete-lock.ts";
import { ROOT } from "./test/suites.ts";

const file = join(ROOT, "package-lock.json");
const lock = JSON.parse(await readFile(file, "utf8")) as Lock;
const missing = Object.keys(missingEntries(lock));
if (missing.length > 0) await writeFile(file, `${JSON.stringify(completeLock(lock), null, 2)}\n`);
process.stdout.write(`ok: ${missing.length} ${missing.length === 1 ? "entry" : "entries"} added\n`);
