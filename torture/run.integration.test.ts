import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { NO_REDIS } from "../apps/models/src/testing/redis.ts";

const skip = process.platform === "linux" ? false : "they look into /proc";

// Two at a time, because most of a campaign is waiting for what it killed.
describe("the fault campaigns", { skip, concurrency: 2 }, () => {
  for (const name of ["kill", "models", "outage", "replicas"]) {
    test(`${name} holds in its short form`, { skip: name === "replicas" && NO_REDIS }, async () => {
      const { status, stdout, stderr } = await run(name, "--smoke", "--json");

      assert.equal(status, 0, stderr + stdout);
      for (const line of stdout.trimEnd().split("\n")) assert.equal((JSON.parse(line) as { ok: boolean }).ok, true);
    });
  }

  test("are named when another is asked for", async () => {
    const { status, stderr } = await run("nonsense");

    assert.equal(status, 2);
    assert.match(stderr, /kill, models, outage, replicas/);
  });
});

async function run(...words: readonly string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "run.ts"), ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await ended) as [number | null];
  return { status, stdout, stderr };
}
