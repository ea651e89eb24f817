/**
 * `npm test`: every suite, in three rounds: pure tests in one process, then tests that start processes
 * and databases, each file in its own process, then the browser. Words after `--` choose files by what
 * their path contains. The last line is the count that automation reads.
 */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Counts } from "./test/counts.ts";
import { hasChromium, provideForTests } from "./test/machine.ts";
import { type Level, ROOT, testFiles } from "./test/suites.ts";

/** No test takes longer; one that does hangs, and a hang must not look like patience. */
const TEST_TIMEOUT_MS = 180_000;
/** A file that never ends, because of a handle left open, is not covered by that; the runner would wait for ever. */
const SILENCE_MS = 300_000;

process.chdir(ROOT);
const wanted = process.argv.slice(2);
const started = performance.now();
const total = { passed: 0, failed: 0, skipped: 0 };

const integration = filesOf("integration");
const browser = filesOf("browser");
const missing = integration.length + browser.length > 0 ? provideForTests(say) : [];
for (const sentence of missing) say(`${sentence}; its suites are skipped`);

await round("unit", filesOf("unit"), ["--test-isolation=none"]);
await round("integration", integration, [`--test-concurrency=${availableParallelism()}`]);
if (hasChromium()) await round("browser", browser, ["--test-concurrency=1"]);
else total.skipped += browser.length;

const seconds = ((performance.now() - started) / 1_000).toFixed(0);
say(`${total.failed === 0 ? "ok" : "FAILED"} after ${seconds} s`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function filesOf(level: Level): readonly string[] {
  const files = testFiles(level);
  return wanted.length === 0 ? files : files.filter((file) => wanted.some((word) => file.includes(word)));
}

async function round(name: Level, files: readonly string[], flags: readonly string[]): Promise<void> {
  if (files.length === 0) return;
  say(`${name}: ${files.length} ${files.length === 1 ? "file" : "files"}`);
  const folder = await mkdtemp(join(tmpdir(), "muster-test-"));
  const countsFile = join(folder, "counts.json");
  try {
    const code = await run([
      "--test",
      `--test-timeout=${TEST_TIMEOUT_MS}`,
      ...flags,
      "--test-reporter=./tools/test/reporter.ts",
      "--test-reporter-destination=stdout",
      "--test-reporter=./tools/test/counts.ts",
      `--test-reporter-destination=${countsFile}`,
      ...files,
    ]);
    const counts = await countsIn(countsFile);
    total.passed += counts.passed;
    // A file that cannot even be loaded may be in no count.
    total.failed += counts.failed === 0 && code !== 0 ? 1 : counts.failed;
    total.skipped += counts.skipped;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    // A group of its own, so that a runner that hangs is ended together with the files it waits for.
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    const end = (signal: NodeJS.Signals): void => {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    };
    const watchdog = setTimeout(() => {
      say(`nothing was heard for ${SILENCE_MS / 1_000} s; ended`);
      end("SIGKILL");
    }, SILENCE_MS);
    child.stdout.on("data", (text: Buffer) => {
      process.stdout.write(text);
      watchdog.refresh();
    });
    const pass = (signal: NodeJS.Signals): void => end(signal);
    process.on("SIGINT", pass).on("SIGTERM", pass);
    child.on("close", (code) => {
      clearTimeout(watchdog);
      process.off("SIGINT", pass).off("SIGTERM", pass);
      resolve(code ?? 1);
    });
  });
}

async function countsIn(file: string): Promise<Counts> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Counts;
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

function say(text: string): void {
  process.stdout.write(`-- ${text}\n`);
}
