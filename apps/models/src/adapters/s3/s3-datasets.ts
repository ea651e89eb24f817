import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { MusterError } from "@muster/kernel";
import type { DatasetFiles } from "../../domain/dataset/dataset-files.ts";
import { openFileDatasets } from "../dataset-store/file-datasets.ts";
import { evictCopies, touch } from "./local-copies.ts";
import type { ObjectStorage } from "./object-storage.ts";
import { openS3ArtefactStore } from "./s3-artefact-store.ts";

export interface S3DatasetOptions {
  readonly storage: ObjectStorage;
  /** What keys begin with, with a slash at the end. */
  readonly prefix: string;
  /** For copies, and for what is being written. */
  readonly folder: string;
  /** Bytes of all copies, beside those that were used within the last hour. */
  readonly maxCopyBytes: number;
  /** More folders with copies, to which the bound applies too. */
  readonly otherCopies: readonly string[];
  readonly now: () => number;
}

/** A program that was given a path has opened the file within this time. */
const COPY_STAYS_MS = 3_600_000;
const TABLE_KEY = /([0-9a-f-]{36})\.duckdb$/;

/** Keeps files of datasets as objects, by the same names as in a folder, with copies in a folder for DuckDB to open. */
export async function openS3Datasets(options: S3DatasetOptions): Promise<DatasetFiles> {
  const { storage, prefix, folder, maxCopyBytes, otherCopies, now } = options;
  const local = await openFileDatasets(folder);
  const uploadPrefix = `${prefix}uploads/`;
  const uploads = await openS3ArtefactStore({ storage, prefix: uploadPrefix, folder: local.uploadsFolder, now });
  const fetching = new Map<string, Promise<void>>();
  const tableKey = (id: string): string => `${prefix}tables/${id}.duckdb`;

  async function fetchTable(id: string): Promise<void> {
    const { content, sha256 } = await storage.read(tableKey(id));
    const work = await local.workPath();
    try {
      const digest = await writeHashed(work, content);
      if (sha256 !== undefined && digest !== sha256) {
        throw new MusterError("data-invalid", "the table was damaged in the object storage");
      }
      await local.adoptTable(id, work);
    } finally {
      await local.discard(work);
    }
  }

  return {
    putUpload: uploads.put,
    uploadPath: uploads.localPath,
    workPath: local.workPath,
    discard: local.discard,
    write: local.write,
    async keepTable(workPath) {
      const id = await local.keepTable(workPath);
      const path = local.pathOfTable(id);
      try {
        await storage.putFile(tableKey(id), { path, sha256: await digestOf(path) });
      } catch (error) {
        await local.removeTable(id);
        throw error;
      }
      return id;
    },
    async tablePath(id) {
      const path = local.pathOfTable(id);
      if (await touch(path, now())) return path;
      // Callers who want the same share one fetch.
      let fetch = fetching.get(id);
      if (fetch === undefined) {
        fetch = fetchTable(id).finally(() => fetching.delete(id));
        fetching.set(id, fetch);
      }
      await fetch;
      return path;
    },
    async removeTable(id) {
      await local.removeTable(id);
      await storage.remove(tableKey(id));
    },
    async removeUnused(inUse, before) {
      for (const digest of await uploads.storedBefore(before)) {
        if (!inUse.uploads.has(digest)) await uploads.remove(digest, before);
      }
      for await (const { key, storedAt } of storage.list(`${prefix}tables/`)) {
        const id = TABLE_KEY.exec(key)?.[1];
        if (id !== undefined && storedAt < before && !inUse.tables.has(id)) await storage.remove(key);
      }
      await local.removeUnused(inUse, before);
      const copies = [join(folder, "uploads", "sha256"), join(folder, "tables"), ...otherCopies];
      await evictCopies(copies, maxCopyBytes, now() - COPY_STAYS_MS);
    },
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

async function writeHashed(path: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx", 0o640);
  try {
    for await (const chunk of content) {
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}
