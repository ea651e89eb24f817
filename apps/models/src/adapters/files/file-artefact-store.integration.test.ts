import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openFileArtefactStore } from "./file-artefact-store.ts";

async function setUp(context: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "muster-artefacts-"));
  context.after(() => rm(folder, { recursive: true }));
  return { folder, store: await openFileArtefactStore(folder) };
}

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

test("what is stored is found by its digest, once", async (context) => {
  const { store } = await setUp(context);

  const first = await store.put(chunks("a", "bc"), 100);
  const again = await store.put(chunks("abc"), 100);

  assert.deepEqual(first, { digest: ABC, bytes: 3 });
  assert.deepEqual(again, first);
  assert.equal(Buffer.from(await store.read(ABC)).toString(), "abc");
  assert.deepEqual(await store.storedBefore(Date.now() + 1_000), [ABC]);
});

test("an upload that is too long or breaks off leaves nothing", async (context) => {
  const { store, folder } = await setUp(context);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from("a"));
    throw new Error("cut off");
  }

  await assert.rejects(store.put(chunks("a", "b", "c"), 2), { code: "too-large" });
  await assert.rejects(store.put(broken(), 100), /cut off/);

  assert.deepEqual(await readdir(join(folder, "incoming")), []);
  assert.deepEqual(await store.storedBefore(Date.now() + 1_000), []);
});

test("damage on disk is noticed", async (context) => {
  const { store, folder } = await setUp(context);
  await store.put(chunks("abc"), 100);

  await writeFile(join(folder, "sha256", "ba", ABC), "abd");

  await assert.rejects(store.read(ABC), { code: "model-invalid" });
});

test("nothing but a digest leads to a file", async (context) => {
  const { store } = await setUp(context);

  for (const digest of ["../../../etc/passwd", "", ABC.toUpperCase(), `${ABC}/x`]) {
    await assert.rejects(store.read(digest), { code: "not-found" });
  }
});
