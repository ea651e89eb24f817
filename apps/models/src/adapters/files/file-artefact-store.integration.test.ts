import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { artefactStoreContract } from "../../testing/artefact-store.contract.ts";
import { datasetFilesContract } from "../../testing/dataset-files.contract.ts";
import { brokenStream, streamOf } from "../../testing/streams.ts";
import { openFileDatasets } from "../dataset-store/file-datasets.ts";
import { artefactPath, openFileArtefactStore } from "./file-artefact-store.ts";

let parent: string;
before(async () => (parent = await mkdtemp(join(tmpdir(), "muster-files-"))));
after(() => rm(parent, { recursive: true }));

const freshFolder = (): Promise<string> => mkdtemp(join(parent, "store-"));

artefactStoreContract("artefacts in a folder", async () => openFileArtefactStore(await freshFolder()));
datasetFilesContract("files of datasets in a folder", async () => openFileDatasets(await freshFolder()));

test("an upload that does not become an artefact leaves no file", async () => {
  const folder = await freshFolder();
  const store = await openFileArtefactStore(folder);

  await assert.rejects(store.put(streamOf("abc"), 2));
  await assert.rejects(store.put(brokenStream("a"), 2));

  assert.deepEqual(await readdir(join(folder, "incoming")), []);
  assert.deepEqual(await readdir(join(folder, "sha256")), []);
});

test("damage on disk is noticed", async () => {
  const folder = await freshFolder();
  const store = await openFileArtefactStore(folder);
  const { digest } = await store.put(streamOf("abc"), 100);

  await writeFile(artefactPath(folder, digest), "abd");

  await assert.rejects(store.read(digest), { code: "model-invalid" });
});
