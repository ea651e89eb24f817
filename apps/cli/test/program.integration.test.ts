import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { olderNode } from "../src/testing/older-node.ts";
import { runMuster } from "../src/testing/run-command.ts";

const cwd = tmpdir();

describe("the program", () => {
  it("prints help without a command and exits 0", async () => {
    const { code, out, err } = await runMuster([], { cwd });

    assert.equal(code, 0);
    assert.equal(err, "");
    assert.match(out, /^Muster takes a service to production/);
  });

  it("says what is near an unknown command, on standard error, and exits 2", async () => {
    const { code, out, err } = await runMuster(["redines"], { cwd });

    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, /^ERROR: there is no command "redines"; did you mean "muster readiness"\?/);
  });

  it("prints no colour where nobody looks", async () => {
    const { out } = await runMuster(["help"], { cwd });

    assert.equal(out.includes("\u001b"), false);
  });

  it("says how to write a configuration where there is none", async () => {
    const { code, err } = await runMuster(["up"], { cwd: "/" });

    assert.equal(code, 2);
    assert.match(err, /there is no muster\.config\.ts in \/ or in a folder above/);
    assert.match(err, /fix: Run `muster init`/);
  });

  it("names the option that answers a question it cannot ask, and exits 4", async () => {
    const { code, err } = await runMuster(["waive", "encrypted", "--until", "14d"], { cwd });

    assert.equal(code, 4);
    assert.match(err, /give --reason/);
  });

  it("does not mind a reader that goes away", async () => {
    const script = `"${process.execPath}" "${join(import.meta.dirname, "../bin/muster.js")}" help | head -1`;

    const out = execFileSync("bash", ["-o", "pipefail", "-c", script], { encoding: "utf8" });

    assert.match(out, /^Muster takes/);
  });

  const older = olderNode();
  it(
    "hands over to its own Node from an older one, with exit code and output",
    { skip: older === undefined && "no older Node here" },
    async () => {
      const node = older as string;

      const [good, usage] = await Promise.all([
        runMuster(["version", "--json"], { cwd, node }),
        runMuster(["nonsense"], { cwd, node }),
      ]);

      const envelope = JSON.parse(good.out) as { data: { node: string } };
      assert.equal(envelope.data.node, process.versions.node);
      assert.equal(good.code, 0);
      assert.equal(usage.code, 2);
    },
  );
});
