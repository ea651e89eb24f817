/**
 * `npm run check`: everything that can be said about the code without starting the product. Each part
 * prints one line; the output of those that fail follows.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { runTasks, type Task } from "./task/run-tasks.ts";
import { ROOT, testFiles } from "./test/suites.ts";

process.chdir(ROOT);
const bin = (name: string): string => join(ROOT, "node_modules/.bin", name);
const node = process.execPath;

// The slow ones first, so that the quick ones fill the gaps.
const tasks: Task[] = [
  { name: "lint", command: [bin("oxlint")], fix: "correct the lines that are listed" },
  {
    name: "unit tests",
    command: [
      node,
      "--test",
      "--test-isolation=none",
      "--test-reporter=./tools/test/reporter.ts",
      ...testFiles("unit"),
    ],
    fix: "one file: node --test path/to/file.test.ts",
  },
  { name: "types", command: [bin("tsc"), "-p", "."], fix: "correct the lines that are listed" },
  { name: "unused code", command: [bin("knip"), "--no-progress"], fix: "remove what is listed, or use it" },
  { name: "format", command: [bin("oxfmt"), "--check", "."], fix: "npm run format" },
  { name: "generated docs", command: [node, "tools/docs.ts", "--check"], fix: "npm run docs" },
];
if (existsSync(join(ROOT, "apps/console/tsconfig.json"))) {
  tasks.splice(3, 0, {
    name: "console types",
    command: [bin("tsc"), "-p", "apps/console"],
    fix: "correct the lines that are listed",
  });
}

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
