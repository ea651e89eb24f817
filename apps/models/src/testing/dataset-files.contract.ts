import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { describe, test } from "node:test";
import type { DatasetFiles } from "../domain/dataset/dataset-files.ts";
import { brokenStream, streamOf } from "./streams.ts";

const NOTHING = { uploads: new Set<string>(), tables: new Set<string>() };

/** What every store of datasets' files must do. `open` gives an empty one. */
export function datasetFilesContract(name: string, open: () => Promise<DatasetFiles>): void {
  async function keep(files: DatasetFiles, content: string): Promise<string> {
    const work = await files.workPath();
    await writeFile(work, content);
    const id = await files.keepTable(work);
    await files.discard(work);
    return id;
  }

  describe(name, () => {
    test("an upload is a file by its digest", async () => {
      const files = await open();

      const { digest, bytes } = await files.putUpload(streamOf("a,b\n", "1,2\n"), 100);

      assert.equal(bytes, 8);
      assert.equal(await readFile(await files.uploadPath(digest), "utf8"), "a,b\n1,2\n");
    });

    test("an upload that is too long or breaks off is none", async () => {
      const files = await open();
      const { digest } = await files.putUpload(streamOf("abc"), 3);
      await files.removeUnused(NOTHING, Date.now() + 60_000);

      await assert.rejects(files.putUpload(streamOf("ab", "cd"), 3), { code: "too-large" });
      await assert.rejects(files.putUpload(brokenStream("abc"), 3), /broke off/);

      await assert.rejects(files.uploadPath(digest), { code: "not-found" });
    });

    test("a table that is kept is a file by its id, and what was written for it is gone", async () => {
      const files = await open();
      const work = await files.workPath();
      await writeFile(work, "rows");
      await writeFile(`${work}.wal`, "more");

      const id = await files.keepTable(work);
      await files.discard(work);

      assert.equal(await readFile(await files.tablePath(id), "utf8"), "rows");
      assert.equal(existsSync(`${work}.wal`), false);
    });

    test("a table that is removed is gone, and may be removed again", async () => {
      const files = await open();
      const id = await keep(files, "rows");

      await files.removeTable(id);
      await files.removeTable(id);

      await assert.rejects(files.tablePath(id), { code: "not-found" });
    });

    test("what nothing needs is removed when it is old enough; what is needed stays", async () => {
      const files = await open();
      const [needed, spare] = [
        await files.putUpload(streamOf("needed"), 100),
        await files.putUpload(streamOf("x"), 100),
      ];
      const [table, result] = [await keep(files, "table"), await keep(files, "result")];
      const inUse = { uploads: new Set([needed.digest]), tables: new Set([table]) };

      await files.removeUnused(inUse, Date.now() - 60_000);
      assert.equal(await readFile(await files.uploadPath(spare.digest), "utf8"), "x");
      assert.equal(await readFile(await files.tablePath(result), "utf8"), "result");
      await files.removeUnused(inUse, Date.now() + 60_000);

      assert.equal(await readFile(await files.uploadPath(needed.digest), "utf8"), "needed");
      assert.equal(await readFile(await files.tablePath(table), "utf8"), "table");
      await assert.rejects(files.uploadPath(spare.digest), { code: "not-found" });
      await assert.rejects(files.tablePath(result), { code: "not-found" });
    });

    test("no name of a table or an upload reaches another file", async () => {
      const files = await open();

      for (const each of ["../../etc/passwd", "", "a".repeat(36), "00000000-0000-0000-0000-00000000000/"]) {
        await assert.rejects(files.tablePath(each), { code: "not-found" });
        await assert.rejects(files.uploadPath(each), { code: "not-found" });
      }
    });
  });
}
