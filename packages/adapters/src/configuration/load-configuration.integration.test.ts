import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Catalog } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { findConfiguration } from "./find-configuration.ts";
import { loadConfiguration } from "./load-configuration.ts";

const EMPTY: Catalog = { collectors: new Map(), checks: new Map() };

describe("a configuration file", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "muster-configuration-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function write(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  }

  async function failure(file: string): Promise<MusterError> {
    const error = await loadConfiguration(file, EMPTY).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof MusterError, String(error));
    return error;
  }

  it("is found in a folder above", async () => {
    const deep = join(folder, "found/a/b");
    await mkdir(deep, { recursive: true });
    await write("found/muster.config.ts", "");

    const found = findConfiguration(deep);

    assert.equal(found, join(folder, "found/muster.config.ts"));
  });

  it("that is nowhere says so", () => {
    assert.throws(() => findConfiguration(folder), { code: "config-missing" });
  });

  it('may import "muster" where nothing is installed, in a CommonJS package', async () => {
    await mkdir(join(folder, "commonjs"));
    await write("commonjs/package.json", '{ "type": "commonjs" }');
    const file = await write(
      "commonjs/muster.config.ts",
      'import { defineConfig } from "muster";\nconst name: string = "x";\nexport default defineConfig({ service: { name } } as never);\n',
    );

    const error = await failure(file);

    // It was loaded: what is wrong is the value.
    assert.match(error.message, /the configuration has \d+ problems/);
    assert.ok(error.problems.some((problem) => problem.path === "environments"));
  });

  it("with a syntax error names the line", async () => {
    const file = await write("syntax.ts", "const a = 1;\nconst b = ;\nexport default a;\n");

    const error = await failure(file);

    assert.equal(error.code, "config-invalid");
    assert.match(error.problems[0]?.path ?? "", /^line 2/);
  });

  it("that throws names the line and the reason", async () => {
    const file = await write("throws.ts", 'const a = 1;\nthrow new Error("no region given");\n');

    const error = await failure(file);

    assert.deepEqual(error.problems, [{ path: "line 2:7", message: "no region given" }]);
  });

  it("without a default export says what is missing", async () => {
    const file = await write("nothing.ts", "export const a = 1;\n");

    const error = await failure(file);

    assert.equal(error.problems[0]?.path, "export default");
  });

  it("that is not there says so", async () => {
    const error = await failure(join(folder, "none.ts"));

    assert.equal(error.code, "config-missing");
  });
});
