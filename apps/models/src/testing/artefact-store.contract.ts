import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import type { ArtefactStore } from "../domain/registry/artefact-store.ts";
import { brokenStream, streamOf } from "./streams.ts";

const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const LATER = (): number => Date.now() + 60_000;

/** What every store of artefacts must do. `open` gives an empty one. */
export function artefactStoreContract(name: string, open: () => Promise<ArtefactStore>): void {
  describe(name, () => {
    test("what is stored is found by its digest, once", async () => {
      const store = await open();

      const first = await store.put(streamOf("a", "bc"), 100);
      const again = await store.put(streamOf("abc"), 100);

      assert.deepEqual(first, { digest: ABC, bytes: 3 });
      assert.deepEqual(again, first);
      assert.equal(Buffer.from(await store.read(ABC)).toString(), "abc");
      assert.equal(await store.has(ABC), true);
      assert.deepEqual(await store.storedBefore(LATER()), [ABC]);
    });

    test("the same bytes that are sent many times at once are stored once", async () => {
      const store = await open();

      await Promise.all(Array.from({ length: 5 }, () => store.put(streamOf("abc"), 100)));

      assert.deepEqual(await store.storedBefore(LATER()), [ABC]);
      assert.equal(Buffer.from(await store.read(ABC)).toString(), "abc");
    });

    test("an upload that is too long or breaks off leaves nothing", async () => {
      const store = await open();

      await assert.rejects(store.put(streamOf("a", "b", "c"), 2), { code: "too-large" });
      await assert.rejects(store.put(brokenStream("abc"), 100), /broke off/);

      assert.deepEqual(await store.storedBefore(LATER()), []);
      assert.equal(await store.has(ABC), false);
      await assert.rejects(store.read(ABC), { code: "not-found" });
      await assert.rejects(store.open(ABC), { code: "not-found" });
    });

    test("an artefact of many megabytes is stored whole, and read whole or in part", async () => {
      const store = await open();
      const chunk = Buffer.alloc(1_048_576, "0123456789abcdef");
      const hash = createHash("sha256");
      for (let part = 0; part < 19; part += 1) hash.update(chunk);
      const chunks = Array.from({ length: 19 }, () => chunk);

      const stored = await store.put(streamOf(...chunks), 20_000_000);

      assert.deepEqual(stored, { digest: hash.digest("hex"), bytes: 19 * 1_048_576 });
      assert.equal((await store.read(stored.digest)).length, stored.bytes);
      const { bytes, read } = await store.open(stored.digest);
      const part: Uint8Array[] = [];
      for await (const piece of read({ start: 16, end: 20 })) part.push(piece);
      assert.deepEqual([bytes, Buffer.concat(part).toString()], [stored.bytes, "01234"]);
    });

    test("an empty artefact is one too", async () => {
      const store = await open();

      const { digest, bytes } = await store.put(streamOf(), 100);

      assert.deepEqual([bytes, (await store.read(digest)).length], [0, 0]);
    });

    test("removal takes what is older, and nothing else", async () => {
      const store = await open();
      await store.put(streamOf("abc"), 100);

      await store.remove(ABC, Date.now() - 60_000);
      assert.equal(await store.has(ABC), true);
      assert.deepEqual(await store.storedBefore(Date.now() - 60_000), []);
      await store.remove(ABC, LATER());
      await store.remove(ABC, LATER());

      assert.equal(await store.has(ABC), false);
      await assert.rejects(store.read(ABC), { code: "not-found" });
    });

    test("nothing but a digest leads to an artefact", async () => {
      const store = await open();

      for (const digest of ["../../../etc/passwd", "", ABC.toUpperCase(), `${ABC}/x`]) {
        await assert.rejects(store.read(digest), { code: "not-found" });
        await assert.rejects(store.open(digest), { code: "not-found" });
      }
    });
  });
}
