import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, test } from "node:test";
import { NO_REDIS } from "../apps/models/src/testing/redis.ts";

describe("the fault campaigns", { skip: process.platform === "linux" ? false : "they look into /proc" }, () => {
  for (const name of ["kill", "models", "outage", "replicas"]) {
    test(`${name} holds in its short form`, { skip: name === "replicas" && NO_REDIS }, () => {
      const { status, stdout, stderr } = run(name, "--smoke", "--json");

      assert.equal(status, 0, stderr + stdout);
      for (const line of stdout.trimEnd().split("\n")) assert.equal((JSON.parse(line) as { ok: boolean }).ok, true);
    });
  }

  test("are named when another is asked for", () => {
    const { status, stderr } = run("nonsense");

    assert.equal(status, 2);
    assert.match(stderr, /kill, models, outage, replicas/);
  });
});

function run(...words: readonly string[]) {
  return spawnSync(process.execPath, [join(import.meta.dirname, "run.ts"), ...words], { encoding: "utf8" });
}
