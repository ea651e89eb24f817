import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { atLeast, atMost } from "./bar.ts";

describe("the runner of benchmarks", () => {
  test("prints one line of JSON for each bar of the ledger's", () => {
    const { status, stdout } = run("ledger", "--json", "--smoke");

    const bars = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.equal(status, 0);
    assert.deepEqual(
      bars.map(({ bar, unit, goal }) => [bar, unit, goal]),
      [
        ["ledger.append", "records/s", ">= 2000"],
        ["ledger.append-processes", "records/s", ">= 2000"],
        ["ledger.verify", "records/s", ">= 50000"],
      ],
    );
    for (const { figure, ok } of bars) assert.ok(typeof figure === "number" && figure > 0 && typeof ok === "boolean");
  });

  for (const name of ["capacity", "console", "datasets", "load", "models", "scenarios"]) {
    test(`runs ${name} in its short form`, (t) => {
      const { status, stdout, stderr } = run(name, "--json", "--smoke");

      // 3: this machine lacks what the benchmark compares with, and it says what.
      if (status === 3) return t.skip(stderr.trim().split("\n").at(-1));
      assert.equal(status, 0, stderr);
      for (const line of stdout.trimEnd().split("\n")) {
        const { bar, figure } = JSON.parse(line) as { bar: string; figure: unknown };
        assert.ok(bar.startsWith(`${name}.`) && typeof figure === "number", line);
      }
    });
  }

  test("names the benchmarks when it is asked for another, or for nothing", () => {
    for (const words of [["nonsense"], [], ["ledger", "twice"], ["ledger", "--unknown"]]) {
      const { status, stderr } = run(...words);

      assert.equal(status, 2);
      assert.match(stderr, /benchmarks: .*ledger/);
    }
  });

  test("holds a figure to its goal from the right side, and does not claim more digits than a run has", () => {
    assert.deepEqual(atLeast("a.b", 2_000.4, "records/s", 2_000), {
      bar: "a.b",
      figure: 2_000,
      unit: "records/s",
      goal: ">= 2000",
      ok: true,
    });
    assert.equal(atLeast("a.b", 1_999.9, "records/s", 2_000).ok, false);
    assert.deepEqual(atMost("a.b", 0.123_456, "s", 0.1), {
      bar: "a.b",
      figure: 0.123,
      unit: "s",
      goal: "<= 0.1",
      ok: false,
    });
    assert.equal(atMost("a.b", 0.1, "s", 0.1).ok, true);
  });
});

function run(...words: readonly string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...words], { encoding: "utf8" });
}
