import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ROOT } from "../../tools/test/suites.ts";
import { type Block, blocksOf, pages } from "./pages.ts";

describe("every TypeScript block in the documentation", () => {
  const blocks = pages()
    .flatMap(blocksOf)
    .filter(({ language }) => language === "ts");
  let folder: string;
  let complaints: string;

  // Inside the clone, so that "muster" and the packages resolve as they do for a reader who pastes the block there.
  before(async () => {
    await mkdir(join(ROOT, ".muster"), { recursive: true });
    folder = await mkdtemp(join(ROOT, ".muster/docs-"));
    const files = await Promise.all(blocks.map(write));
    const configuration = {
      extends: "../../tsconfig.json",
      compilerOptions: { noUnusedLocals: false, noUnusedParameters: false },
      files,
      include: [],
    };
    await writeFile(join(folder, "tsconfig.json"), JSON.stringify(configuration));
    complaints = files.length === 0 ? "" : await check(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function write(block: Block, index: number): Promise<string> {
    const name = `block-${index}.ts`;
    // A module even where the block imports nothing, so that names of different blocks do not meet.
    await writeFile(join(folder, name), `${block.text}\nexport {};\n`);
    return name;
  }

  for (const [index, block] of blocks.entries()) {
    it(`${block.page}:${block.line} has the right types`, () => {
      const own = complaints.split("\n").filter((line) => line.includes(`block-${index}.ts`));

      assert.deepEqual(own, []);
    });
  }
});

function check(folder: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder, "--noEmit"], { cwd: ROOT }, (_error, stdout, stderr) =>
      resolve(stdout + stderr),
    );
  });
}
