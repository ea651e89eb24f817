import assert from "node:assert/strict";
import { test } from "node:test";
import type { DiskUsage } from "../../collectors/disk-usage/facts.ts";
import { judgeFacts } from "../../testing/judge.ts";
import { diskSpace } from "./index.ts";

const GIB = 1024 ** 3;

function disk(says: Partial<NonNullable<DiskUsage["disk"]>>): { "disk-usage": DiskUsage } {
  return {
    "disk-usage": {
      path: "/data",
      observedAt: "2026-11-20T12:00:00.000Z",
      disk: { totalBytes: 100 * GIB, availableBytes: 50 * GIB, totalInodes: 1_000, freeInodes: 900, ...says },
    },
  };
}

for (const [says, outcome] of [
  [{ availableBytes: 15 * GIB }, "pass"],
  [{ availableBytes: 15 * GIB - 1 }, "warn"],
  [{ availableBytes: 5 * GIB }, "warn"],
  [{ availableBytes: 5 * GIB - 1 }, "fail"],
  [{ freeInodes: 150 }, "pass"],
  [{ freeInodes: 149 }, "warn"],
  [{ freeInodes: 49 }, "fail"],
  [{ totalInodes: 0, freeInodes: 0 }, "pass"],
  [{ totalBytes: GIB, availableBytes: GIB / 4 }, "pass"],
  [{ totalBytes: GIB, availableBytes: GIB / 4 - 1 }, "fail"],
  [{ totalBytes: 0, availableBytes: 0 }, "unknown"],
] as const) {
  test(`${JSON.stringify(says)} is ${outcome}`, () => {
    assert.equal(judgeFacts(diskSpace, disk(says)).outcome, outcome);
  });
}

test("the summary shows what is left, and the finding says of what", () => {
  const judgement = judgeFacts(diskSpace, disk({ freeInodes: 10 }));

  assert.equal(judgement.summary, "50 GiB (50 %) and 1 % of inodes left, warns below 15 %, fails below 5 % or 256 MiB");
  assert.deepEqual(judgement.findings, [{ resource: "disk of /data", message: "inodes are running out" }]);
});

test("a folder that is not there is unknown", () => {
  const facts: { "disk-usage": DiskUsage } = {
    "disk-usage": {
      path: "/nowhere",
      observedAt: "2026-11-20T12:00:00.000Z",
      failure: { code: "ENOENT", message: "the folder is not there" },
    },
  };

  assert.deepEqual(judgeFacts(diskSpace, facts), {
    outcome: "unknown",
    summary: "/nowhere could not be looked at: the folder is not there (ENOENT)",
  });
});
