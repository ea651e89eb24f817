import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Catalog, CheckUnit } from "@muster/contract";
import { createCatalog } from "./catalog.ts";
import { externalChecks } from "./external.ts";
import { type UnitFolders, unitProblems } from "./testing/unit-problems.ts";

const SOURCE = import.meta.dirname;
const catalog = createCatalog({ load: () => Promise.reject(new Error("no load here")) });

function namesIn(folder: string): string[] {
  const entries = readdirSync(join(SOURCE, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
}

function folders(): UnitFolders {
  const checks = namesIn("checks");
  const tests = new Map<string, string>();
  for (const name of checks) {
    const file = join(SOURCE, "checks", name, "index.test.ts");
    if (existsSync(file)) tests.set(name, readFileSync(file, "utf8"));
  }
  const page = readFileSync(join(SOURCE, "../../../docs/reference/checks.md"), "utf8");
  return { collectors: namesIn("collectors"), checks, tests, page };
}

/** The catalogue with one check changed. */
function withCheck(id: string, change: Partial<CheckUnit>): Catalog {
  const check = catalog.checks.get(id);
  assert.ok(check);
  return { ...catalog, checks: new Map(catalog.checks).set(id, { ...check, ...change }) };
}

test("every unit is registered, documented and shown failing", () => {
  assert.deepEqual(unitProblems(catalog, folders()), []);
});

const complete = folders();
const stub = catalog.checks.get("http-status")?.parameters;
const planted: readonly (readonly [string, Catalog, UnitFolders])[] = [
  ["check folder new-check is not registered", catalog, { ...complete, checks: [...complete.checks, "new-check"] }],
  [
    "collector folder new-collector is not registered",
    catalog,
    { ...complete, collectors: [...complete.collectors, "new-collector"] },
  ],
  [
    "check http-status has no folder of its name",
    catalog,
    { ...complete, checks: complete.checks.filter((name) => name !== "http-status") },
  ],
  [
    "check http-status is not in the reference page: npm run docs",
    catalog,
    { ...complete, page: complete.page.replace("### http-status\n", "### other\n") },
  ],
  [
    "the reference page is behind check http-status: npm run docs",
    withCheck("http-status", { fix: "Mend it." }),
    complete,
  ],
  [
    "check http-status has no test",
    catalog,
    { ...complete, tests: new Map([...complete.tests].filter(([name]) => name !== "http-status")) },
  ],
  [
    "the test of check http-status shows no fail",
    catalog,
    { ...complete, tests: new Map(complete.tests).set("http-status", '"pass"') },
  ],
  [
    "check http-status needs nothing-real, which no collector brings",
    withCheck("http-status", { requires: ["nothing-real"] }),
    complete,
  ],
  ["check http-status names no source", withCheck("http-status", { references: [] }), complete],
  [
    'check http-status supports "PCI", which is no framework:clause',
    withCheck("http-status", { supports: ["PCI"] }),
    complete,
  ],
  [
    "check http-status does not describe its parameter minimum",
    withCheck("http-status", {
      parameters: { ...stub, properties: { minimum: { type: "integer" } } } as unknown as CheckUnit["parameters"],
    }),
    complete,
  ],
];

for (const [problem, changed, lying] of planted) {
  test(`a half-added unit is noticed: ${problem}`, () => {
    assert.deepEqual(unitProblems(changed, lying), [problem]);
  });
}

for (const address of ["http://service.example/", "https://service.example/"]) {
  test(`what is run for ${address} without a configuration exists, and needs none`, () => {
    const ids = externalChecks(new URL(address));

    const needs = new Set(ids.flatMap((id) => catalog.checks.get(id)?.requires ?? ["no such check"]));
    const possible = ["http-exchange", "cors-probe", ...(address.startsWith("https:") ? ["tls-handshake"] : [])];
    assert.deepEqual([...needs].sort(), possible.sort());
    assert.equal(new Set(ids).size, ids.length);
  });
}
