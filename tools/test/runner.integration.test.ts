import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Counts } from "./counts.ts";
import { levelOf, ROOT, testFiles } from "./suites.ts";

const SUITE = `
import assert from "node:assert/strict";
import { describe, it } from "node:test";
describe("a suite", () => {
  it("holds", () => {});
  it("does not hold", () => assert.equal(1 + 1, 3));
  it("is left out", { skip: "no reason" }, () => {});
});
`;

describe("the runner of npm test", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-runner-"));
    await writeFile(join(folder, "planted.test.mjs"), SUITE);
    await writeFile(join(folder, "broken.test.mjs"), "import './nowhere.mjs';\n");
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function run(name: string, ...flags: string[]): Promise<{ code: number | null; out: string; counts: Counts }> {
    const countsFile = join(folder, `${name}.json`);
    // Inside a test, Node would take the run for a part of this one.
    const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
    const args = [
      "--test",
      ...flags,
      `--test-reporter=${join(ROOT, "tools/test/reporter.ts")}`,
      "--test-reporter-destination=stdout",
      `--test-reporter=${join(ROOT, "tools/test/counts.ts")}`,
      `--test-reporter-destination=${countsFile}`,
      join(folder, name),
    ];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    let out = "";
    child.stdout.on("data", (text: Buffer) => (out += text.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, out, counts: JSON.parse(await readFile(countsFile, "utf8")) as Counts };
  }

  for (const isolation of ["none", "process"]) {
    it(`counts, shows failures in full and fails, with isolation ${isolation}`, async () => {
      const { code, out, counts } = await run("planted.test.mjs", `--test-isolation=${isolation}`);

      assert.equal(code, 1);
      assert.deepEqual(counts, { passed: 1, failed: 1, skipped: 1 });
      assert.match(out, /FAILED {2}does not hold\n.*planted\.test\.mjs:\d+\n[\s\S]*2 !== 3/);
      assert.match(out, /FAILED {2}.*planted.* {2}1 passed, 1 failed, 1 skipped/);
    });
  }

  it("counts a file that cannot be loaded as a failure", async () => {
    const { code, counts } = await run("broken.test.mjs");

    assert.equal(code, 1);
    assert.equal(counts.failed, 1);
  });

  it("sorts files by their names, and finds this one", () => {
    assert.deepEqual(["a.test.ts", "a.integration.test.ts", "a.browser.test.ts"].map(levelOf), [
      "unit",
      "integration",
      "browser",
    ]);
    assert.ok(testFiles("integration").includes("tools/test/runner.integration.test.ts"));
  });
});
