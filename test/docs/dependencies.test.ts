import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { ROOT } from "../../tools/test/suites.ts";

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Every dependency of every package that is not a package of this repository. */
function dependencies(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of globSync(["package.json", "packages/*/package.json", "apps/*/package.json"], { cwd: ROOT })) {
    const manifest = JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Manifest;
    for (const group of [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies]) {
      for (const [name, version] of Object.entries(group ?? {})) if (version !== "*") found.set(name, version);
    }
  }
  return found;
}

describe("docs/dependencies.md", () => {
  const text = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([^`]+)` +\| (.+?) +\|$/gm)].map(([, name = "", reason = ""]) => ({
    name,
    reason,
  }));

  it("has one line for every dependency, and none for what is gone", () => {
    assert.deepEqual(rows.map(({ name }) => name).sort(), [...dependencies().keys()].sort());
  });

  it("gives a reason in each", () => {
    for (const { name, reason } of rows) assert.ok(reason.length > 10, name);
  });

  it("has exact versions behind it", () => {
    for (const [name, version] of dependencies()) assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, name);
  });
});
