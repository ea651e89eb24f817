import { MusterError } from "@muster/kernel";
import type { ArtefactStore } from "../../domain/registry/artefact-store.ts";
import { artefactPath, openFileArtefactStore } from "../files/file-artefact-store.ts";
import { touch } from "./local-copies.ts";
import type { ObjectStorage } from "./object-storage.ts";

export interface S3ArtefactOptions {
  readonly storage: ObjectStorage;
  /** What keys begin with, with a slash at the end. */
  readonly prefix: string;
  /** For copies. */
  readonly folder: string;
  readonly now: () => number;
}

/** Artefacts in object storage, with copies on disk for whoever reads them again, or needs a file. */
export interface S3ArtefactStore extends ArtefactStore {
  /**
   * Where a copy is on disk; it is fetched if need be, and has its digest then.
   * @throws {MusterError} `not-found`, `model-invalid`, `storage-unreachable`.
   */
  localPath(digest: string): Promise<string>;
}

/**
 * Keeps artefacts as objects `<prefix>sha256/ab/ab12…`, as the store in a folder keeps files, so that any tool can copy
 * one to the other. An upload is written to disk first: its name is its digest, which is known at its end, and those who
 * validate it need it there anyway. Then it goes to the storage in parts, and is seen when all of them are there.
 */
export async function openS3ArtefactStore({
  storage,
  prefix,
  folder,
  now,
}: S3ArtefactOptions): Promise<S3ArtefactStore> {
  const local = await openFileArtefactStore(folder);
  const fetching = new Map<string, Promise<void>>();
  const keyOf = (digest: string): string => prefix + artefactPath("", digest);

  async function fetchCopy(digest: string): Promise<void> {
    const { content } = await storage.read(keyOf(digest)).catch((error: unknown) => {
      if (error instanceof MusterError && error.code === "not-found") {
        throw new MusterError("not-found", `artefact ${digest} is not in the store`, { cause: error });
      }
      throw error;
    });
    const copy = await local.put(content, Number.POSITIVE_INFINITY);
    if (copy.digest === digest) return;
    await local.remove(copy.digest, Number.POSITIVE_INFINITY);
    throw new MusterError("model-invalid", `artefact ${digest} was damaged in the object storage`);
  }

  /** Callers who want the same share one fetch. */
  function fetchOnce(digest: string): Promise<void> {
    let fetch = fetching.get(digest);
    if (fetch === undefined) {
      fetch = fetchCopy(digest).finally(() => fetching.delete(digest));
      fetching.set(digest, fetch);
    }
    return fetch;
  }

  async function localPath(digest: string): Promise<string> {
    const path = artefactPath(folder, digest);
    if (!(await touch(path, now()))) await fetchOnce(digest);
    return path;
  }

  return {
    localPath,
    async put(content, maxBytes) {
      const stored = await local.put(content, maxBytes);
      const { digest } = stored;
      await storage.putFile(keyOf(digest), { path: artefactPath(folder, digest), sha256: digest });
      return stored;
    },
    async read(digest) {
      await localPath(digest);
      try {
        return await local.read(digest);
      } catch (error) {
        if (!(error instanceof MusterError) || error.code !== "model-invalid") throw error;
        // The copy was damaged; what it is a copy of may be whole.
        await local.remove(digest, Number.POSITIVE_INFINITY);
        await fetchOnce(digest);
        return local.read(digest);
      }
    },
    async open(digest) {
      await localPath(digest);
      return local.open(digest);
    },
    has: async (digest) => (await storage.look(keyOf(digest))) !== undefined,
    async remove(digest, storedBefore) {
      await storage.remove(keyOf(digest), storedBefore);
      await local.remove(digest, storedBefore);
    },
    async storedBefore(instant) {
      const digests: string[] = [];
      for await (const { key, storedAt } of storage.list(prefix)) {
        const digest = key.slice(key.lastIndexOf("/") + 1);
        if (storedAt < instant && /^[0-9a-f]{64}$/.test(digest)) digests.push(digest);
      }
      return digests;
    },
  };
}
