import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../test/suites.ts";

const OXLINT = join(ROOT, "node_modules/.bin/oxlint");

/** Violations that the rule has to see: the file, its text, and words of the message. */
const VIOLATIONS: readonly (readonly [file: string, text: string, message: RegExp])[] = [
  ["packages/kernel/src/static.ts", 'import { x } from "@muster/contract"; x();', /imports run/],
  ["packages/kernel/src/type.ts", 'import type { X } from "@muster/contract"; export type Y = X;', /imports run/],
  ["packages/kernel/src/inline-type.ts", 'export type Y = import("@muster/contract").X;', /imports run/],
  ["packages/kernel/src/dynamic.ts", 'export const x = await import("@muster/contract");', /imports run/],
  ["packages/kernel/src/re-export.ts", 'export * from "@muster/contract";', /imports run/],
  ["packages/kernel/src/named-re-export.ts", 'export { x } from "@muster/contract";', /imports run/],
  ["packages/kernel/src/builtin.ts", 'import { readFile } from "node:fs"; readFile("", () => {});', /pure/],
  ["packages/kernel/src/dependency.ts", 'import Type from "typebox"; Type.Any();', /no dependency/],
  ["packages/contract/src/builtin.ts", 'import { readFile } from "node:fs"; readFile("", () => {});', /browser/],
  ["packages/catalog/src/sideways.ts", 'import { x } from "@muster/adapters"; x();', /imports run/],
  ["packages/catalog/src/checks/some/index.ts", 'import { get } from "node:http"; get("");', /no I\/O/],
  ["packages/load/src/upwards.ts", 'export * from "@muster/server";', /start it as a process/],
  ["packages/report/src/relative.ts", 'export * from "../../kernel/src/index.ts";', /leaves packages\/report/],
  ["packages/report/src/itself.ts", 'export * from "@muster/report";', /this package itself/],
  ["apps/cli/src/app.ts", 'export const x = await import("@muster/server");', /start it as a process/],
  ["apps/cli/src/sub-path.ts", 'export * from "@muster/server/main";', /start it as a process/],
  ["apps/console/src/narrow.ts", 'export * from "@muster/adapters";', /imports run/],
];

/** What must stay allowed, or the rule would be switched off sooner or later. */
const ALLOWED: readonly (readonly [file: string, text: string])[] = [
  ["packages/kernel/src/fine.ts", 'export * from "./inside/other.ts";'],
  ["packages/kernel/src/fine.test.ts", 'import { test } from "node:test"; test("x", () => {});'],
  ["packages/contract/src/fine.ts", 'export * from "@muster/kernel"; export * from "typebox";'],
  ["packages/adapters/src/fine.ts", 'export * from "@muster/contract"; export * from "node:fs";'],
  ["packages/catalog/src/collectors/some/index.ts", 'export * from "node:http";'],
  ["apps/server/src/fine.ts", 'export * from "@muster/adapters"; export * from "@muster/application";'],
  ["apps/cli/src/fine.ts", 'export const main = import.meta.resolve("@muster/server/main");'],
  ["apps/console/src/fine.ts", 'export * from "@muster/report";'],
  ["tools/fine.ts", 'export * from "@muster/cli";'],
];

interface Diagnostic {
  readonly message: string;
  readonly filename: string;
}

describe("the layer rule", () => {
  let folder: string;
  let diagnostics: readonly Diagnostic[];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-layers-"));
    for (const [file, text] of [...VIOLATIONS, ...ALLOWED]) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `${text}\n`);
    }
    const configuration = {
      jsPlugins: [join(ROOT, "tools/lint/layers.ts")],
      categories: { correctness: "off" },
      rules: { "muster/layers": "error" },
    };
    await writeFile(join(folder, ".oxlintrc.json"), JSON.stringify(configuration));
    diagnostics = await lint(folder);
  });

  after(() => rm(folder, { recursive: true, force: true }));

  for (const [file, text, message] of VIOLATIONS) {
    it(`refuses in ${file}: ${text}`, () => {
      const found = diagnostics.filter((each) => each.filename === file);

      assert.equal(found.length, 1, `one violation in ${file}`);
      assert.match(found[0]?.message ?? "", message);
    });
  }

  for (const [file, text] of ALLOWED) {
    it(`allows in ${file}: ${text}`, () => {
      const found = diagnostics.filter((each) => each.filename === file);

      assert.deepEqual(found, []);
    });
  }
});

function lint(cwd: string): Promise<readonly Diagnostic[]> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [OXLINT, "--format", "json"], { cwd }, (error, stdout, stderr) => {
      // Violations make it exit 1; only an answer that is no JSON is a failure of the run itself.
      try {
        resolve((JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics);
      } catch {
        reject(new Error(`oxlint did not answer: ${error?.message ?? ""}\n${stdout}\n${stderr}`));
      }
    });
  });
}
