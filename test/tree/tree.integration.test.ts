import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { staticTasks } from "../../tools/task/check-tasks.ts";
import { runTasks, type TaskResult } from "../../tools/task/run-tasks.ts";
import { ROOT } from "../../tools/test/suites.ts";

describe("the tree", () => {
  for (const task of staticTasks()) {
    it(`passes: ${task.name}`, async () => {
      process.chdir(ROOT);
      const results: TaskResult[] = [];

      const ok = await runTasks([task], (result) => results.push(result));

      assert.ok(ok, `${task.fix}\n${results[0]?.output ?? ""}`);
    });
  }
});
