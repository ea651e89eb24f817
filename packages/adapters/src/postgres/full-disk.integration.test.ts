import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { MusterError } from "@muster/kernel";
import { sampleJudgement } from "../testing/sample-evidence.ts";
import { mountSmallDisk, NO_SMALL_DISK, type SmallDisk } from "../testing/small-disk.ts";
import { openEmbeddedPostgres } from "./embedded/open.ts";
import { postgresLedger } from "./ledger.ts";
import { migrate } from "./migrations/migrate.ts";
import { openPool } from "./pool.ts";

let folder: string;
let disk: SmallDisk | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "muster-full-"));
  await chmod(folder, 0o755);
  disk = mountSmallDisk(folder, "20m");
});

after(async () => {
  disk?.unmount();
  await rm(folder, { recursive: true, force: true });
});

describe("a full disk", () => {
  test("is named at every stage, harms nothing that was acknowledged, and passes", async (context) => {
    if (!disk) return context.skip(NO_SMALL_DISK);

    // Too small to initialise.
    const initialising = await failure(openEmbeddedPostgres({ dataFolder: folder, exclusive: true }));

    // Big enough to start, too small for what is written.
    disk.resize("75m");
    const postgres = await openEmbeddedPostgres({ dataFolder: folder, exclusive: true });
    await migrate(postgres.ownerUrl, "muster");
    const pool = openPool(postgres.url);
    const ledger = postgresLedger(pool);
    let acknowledged = 0;
    const appending = await failure(
      (async () => {
        for (;;) {
          const records = Array.from({ length: 100 }, (_, place) =>
            sampleJudgement(`run-1/${acknowledged + place}`, { summary: "x".repeat(500) }),
          );
          await ledger.append(records);
          acknowledged += records.length;
        }
      })(),
    );
    const verdict = await ledger.verify();
    await pool.end();
    await postgres.close();

    // Full to the last byte: the server itself cannot let anybody in.
    spawnSync("dd", ["if=/dev/zero", `of=${join(folder, "ballast")}`, "bs=64k"]);
    const starting = await failure(openEmbeddedPostgres({ dataFolder: folder, exclusive: true }));

    await rm(join(folder, "ballast"));
    disk.resize("200m");
    const again = await openEmbeddedPostgres({ dataFolder: folder, exclusive: true });
    const freshPool = openPool(again.url);
    const [record] = await postgresLedger(freshPool).append([sampleJudgement("run-2/after")]);
    await freshPool.end();
    await again.close();

    assert.deepEqual(
      [initialising.code, appending.code, starting.code],
      ["database-full", "database-full", "database-full"],
    );
    assert.ok(verdict.intact && verdict.head.seq === acknowledged);
    assert.equal(record?.seq, acknowledged + 1);
  });
});

async function failure(work: Promise<unknown>): Promise<MusterError> {
  return work.then(
    () => assert.fail("it should have failed"),
    (error: MusterError) => error,
  );
}
