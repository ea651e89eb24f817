/**
 * `npm run check`: everything that can be said about the code without starting the product. Each part
 * prints one line; the output of those that fail follows.
 */
import { staticTasks, unitTestTask } from "./task/check-tasks.ts";
import { runTasks } from "./task/run-tasks.ts";
import { ROOT } from "./test/suites.ts";

process.chdir(ROOT);
const tasks = [unitTestTask(), ...staticTasks()];
const started = performance.now();
const failed: string[] = [];
const ok = await runTasks(tasks, (result) => {
  const { name, fix } = result.task;
  process.stdout.write(
    `${result.ok ? "ok    " : "FAILED"}  ${name.padEnd(16)} ${result.seconds.toFixed(1).padStart(5)} s\n`,
  );
  if (!result.ok) failed.push(`\n--- ${name} (${fix})\n${result.output}`);
});
process.stdout.write(failed.join(""));
const seconds = ((performance.now() - started) / 1_000).toFixed(1);
process.stdout.write(
  ok
    ? `ok: ${tasks.length} parts in ${seconds} s\n`
    : `FAILED: ${failed.length} of ${tasks.length} parts in ${seconds} s\n`,
);
process.exitCode = ok ? 0 : 1;
