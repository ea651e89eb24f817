import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT, testFiles } from "../test/suites.ts";
import type { Task } from "./run-tasks.ts";

const LISTED = "correct the lines that are listed";

/** What can be said about the tree without running the product; the slow ones first. */
export function staticTasks(): readonly Task[] {
  const tasks: Task[] = [
    { name: "lint", command: [bin("oxlint")], fix: LISTED },
    { name: "types", command: [bin("tsc"), "-p", "."], fix: LISTED },
    { name: "unused code", command: [bin("knip"), "--no-progress"], fix: "remove what is listed, or use it" },
    { name: "format", command: [bin("oxfmt"), "--check", "."], fix: "npm run format" },
    { name: "generated docs", command: [process.execPath, "tools/docs.ts", "--check"], fix: "npm run docs" },
  ];
  if (existsSync(join(ROOT, "apps/console/tsconfig.json"))) {
    tasks.splice(2, 0, { name: "console types", command: [bin("tsc"), "-p", "apps/console"], fix: LISTED });
  }
  return tasks;
}

/** The pure tests, in one process. */
export function unitTestTask(): Task {
  return {
    name: "unit tests",
    command: [
      process.execPath,
      "--test",
      "--test-isolation=none",
      "--test-reporter=./tools/test/reporter.ts",
      ...testFiles("unit"),
    ],
    fix: "one file: node --test path/to/file.test.ts",
  };
}

function bin(name: string): string {
  return join(ROOT, "node_modules/.bin", name);
}
