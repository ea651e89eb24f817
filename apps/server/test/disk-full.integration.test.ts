import assert from "node:assert/strict";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { openEmbeddedPostgres, openPool, postgresLedger } from "@muster/adapters";
import { mountSmallDisk, NO_SMALL_DISK } from "@muster/adapters/testing";
import { closingAfter, type ServerProcess, startServer, temporaryProject } from "./server-process.ts";

/** Room for a cluster and little more. */
const DISK_SIZE = "160m";
const CHUNK = Buffer.alloc(1024 * 1024);

/** A project whose data lies on a small disk of its own; undefined where none can be mounted. */
async function projectOnSmallDisk(test: TestContext) {
  const made = await temporaryProject();
  mkdirSync(made.data);
  const disk = mountSmallDisk(made.data, DISK_SIZE);
  const closing = closingAfter(test);
  closing.defer(async () => {
    disk?.unmount();
    await made.remove();
  });
  if (!disk) return undefined;
  const ballast = join(made.data, "ballast");
  return {
    ...made,
    server(): ServerProcess {
      const started = startServer({ config: made.config, data: made.data, once: true });
      closing.defer(async () => void (await started.stop()));
      return started;
    },
    /** Takes every byte that is left. */
    fill(): void {
      const file = openSync(ballast, "a");
      try {
        for (let size = CHUNK.length; size > 0;) {
          try {
            writeSync(file, CHUNK, 0, size);
          } catch {
            size = Math.floor(size / 2);
          }
        }
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast),
  };
}

async function holds(data: string): Promise<{ intact: boolean; milestones: readonly string[] }> {
  const postgres = await openEmbeddedPostgres({ dataFolder: data, exclusive: false });
  const pool = openPool(postgres.url);
  try {
    const ledger = postgresLedger(pool);
    const { records } = await ledger.page({ kind: "run" }, 100);
    const milestones = records.map(({ evidence }) => (evidence.kind === "run" ? evidence.milestone : "")).reverse();
    return { intact: (await ledger.verify()).intact, milestones };
  } finally {
    await pool.end();
    await postgres.close();
  }
}

describe("on a full disk", () => {
  it("a run ends with 3 and a clear error, leaves no half report, and all is well once there is room", async (test) => {
    const made = await projectOnSmallDisk(test);
    if (!made) return test.skip(NO_SMALL_DISK);
    const cramped = made.server();
    await cramped.heard("step", ({ change }) => change.step === "security" && change.state === "done");

    made.fill();
    const { code, message } = await cramped.heard("failed");
    const exit = await cramped.ended;
    const reports = await readdir(join(made.data, "runs")).catch(() => []);
    made.free();
    const roomy = made.server();
    const { verdict } = await roomy.heard("verdict");
    await roomy.ended;
    const { intact, milestones } = await holds(made.data);

    assert.equal(code, "database-full", message);
    assert.equal(exit, 3);
    assert.deepEqual(reports, []);
    assert.equal(verdict.counts.met, 2);
    assert.equal(intact, true);
    assert.equal(
      milestones.filter((each) => each === "started").length,
      milestones.filter((each) => each !== "started").length,
    );
  });

  it("a start says that there is no room and ends with 3", async (test) => {
    const made = await projectOnSmallDisk(test);
    if (!made) return test.skip(NO_SMALL_DISK);
    const first = made.server();
    await first.heard("verdict");
    await first.ended;

    made.fill();
    const cramped = made.server();
    const { code, message } = await cramped.heard("failed");

    assert.equal(code, "database-full", message);
    assert.equal(await cramped.ended, 3);
  });
});
