import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { findBinaries } from "./binaries.ts";

test("the programs for this machine are where npm put them", () => {
  const { initdb, postgres } = findBinaries();

  assert.ok(existsSync(initdb));
  assert.ok(existsSync(postgres));
});

test("a machine that nobody builds PostgreSQL for is told so", () => {
  assert.throws(() => findBinaries("sunos-sparc"), { name: "MusterError", code: "database-unsupported" });
});
