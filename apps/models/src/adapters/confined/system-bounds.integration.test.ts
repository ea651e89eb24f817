import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { boundedCommand, type SystemBounds } from "./system-bounds.ts";

const run = promisify(execFile);
const BOUNDS: SystemBounds = { maxFileBytes: 0, maxDataBytes: undefined, maxProcessorSeconds: 10 };

/** Runs a line of JavaScript within bounds; gives what it says. */
async function confined(line: string, bounds: SystemBounds = BOUNDS): Promise<string> {
  const { program, parameters } = boundedCommand(bounds, [process.execPath, "-e", line]);
  return (await run(program, [...parameters], { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } })).stdout.trim();
}

test("a confined program computes and answers under the process id that was given out", async () => {
  const { program, parameters } = boundedCommand(BOUNDS, [process.execPath, "-p", "process.pid"]);
  const started = run(program, [...parameters]);

  assert.equal((await started).stdout.trim(), String(started.child.pid));
});

test("a confined program writes no file", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "muster-confined-"));
  context.after(() => rm(folder, { recursive: true }));
  const write = `fs.writeFileSync(${JSON.stringify(join(folder, "x"))}, "x")`;

  await assert.rejects(confined(write), (error: unknown) =>
    /EFBIG|SIGXFSZ/.test(JSON.stringify(error) + String(error)),
  );
  assert.equal(await confined(`${write}; console.log("written")`, { ...BOUNDS, maxFileBytes: 512 }), "written");
});

test("a confined program is ended by the system when it computes for too long", async () => {
  await assert.rejects(confined("for (;;);", { ...BOUNDS, maxProcessorSeconds: 1 }), { signal: /SIGXCPU|SIGKILL/ });
});
