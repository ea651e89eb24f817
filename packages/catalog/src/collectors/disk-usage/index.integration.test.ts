import assert from "node:assert/strict";
import { test } from "node:test";
import { Unavailable } from "@muster/contract";
import { createDiskUsage } from "./index.ts";

const collector = createDiskUsage({ now: () => 0 });
const base = { url: new URL("http://localhost/"), paths: { readiness: "/", metrics: "/" } };
const { signal } = new AbortController();

test("the disk of a folder is measured in bytes and inodes", async () => {
  const { disk } = await collector.collect({ ...base, storage: import.meta.dirname }, { signal });

  assert.ok(disk);
  assert.ok(disk.totalBytes > 0 && disk.availableBytes <= disk.totalBytes);
  assert.ok(disk.freeInodes <= disk.totalInodes);
});

test("a folder that is not there is a fact", async () => {
  const { failure } = await collector.collect({ ...base, storage: "/no/such/folder" }, { signal });

  assert.deepEqual(failure, { code: "ENOENT", message: "the folder is not there" });
});

test("without a configured folder there is nothing to look at", async () => {
  await assert.rejects(collector.collect(base, { signal }), Unavailable);
});
