import { randomUUID } from "node:crypto";
import { access, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MusterError } from "@muster/kernel";
import type { DatasetFiles } from "../../domain/dataset/dataset-files.ts";
import type { ArtefactStore } from "../../domain/registry/artefact-store.ts";
import { artefactPath, openFileArtefactStore } from "../files/file-artefact-store.ts";

/** Files of datasets in a folder, with what a store elsewhere needs to keep copies in it. */
export interface FileDatasets extends DatasetFiles {
  readonly uploads: ArtefactStore;
  readonly uploadsFolder: string;
  /** Where a table is, whether it is there or not. */
  pathOfTable(id: string): string;
  /** Gives a finished file the name of a table that has an id already. */
  adoptTable(id: string, workPath: string): Promise<void>;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EXTENSION = ".duckdb";

/**
 * Keeps files of datasets in a folder: `uploads/sha256/ab/ab12…` as they were sent, `tables/<id>.duckdb` for versions
 * and results, and `work/<id>/` for what is being written. Names tell nothing of what is in them.
 */
export async function openFileDatasets(folder: string): Promise<FileDatasets> {
  const uploadsFolder = join(folder, "uploads");
  const tables = join(folder, "tables");
  const work = join(folder, "work");
  for (const each of [tables, work]) await mkdir(each, { recursive: true, mode: 0o700 });
  const uploads = await openFileArtefactStore(uploadsFolder);

  function pathOfTable(id: string): string {
    if (!ID.test(id)) throw new MusterError("not-found", "no table has this id");
    return join(tables, `${id}${EXTENSION}`);
  }

  async function adoptTable(id: string, path: string): Promise<void> {
    await sync(path);
    await rename(path, pathOfTable(id));
    await sync(tables);
  }

  async function removeOld(path: string, before: number): Promise<void> {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < before) await rm(path, { recursive: true, force: true });
  }

  return {
    uploads,
    uploadsFolder,
    pathOfTable,
    adoptTable,
    putUpload: (content, maxBytes) => uploads.put(content, maxBytes),
    uploadPath: async (digest) => present(artefactPath(uploadsFolder, digest)),
    async workPath() {
      const id = randomUUID();
      try {
        await mkdir(join(work, id));
      } catch (error) {
        throw namedIfFull(error);
      }
      return join(work, id, id);
    },
    discard: (path) => rm(join(path, ".."), { recursive: true, force: true }),
    async write(path, text) {
      try {
        await writeFile(path, text, { mode: 0o600 });
      } catch (error) {
        throw namedIfFull(error);
      }
    },
    async keepTable(path) {
      const id = randomUUID();
      await adoptTable(id, path);
      return id;
    },
    tablePath: async (id) => present(pathOfTable(id)),
    removeTable: (id) => rm(pathOfTable(id), { force: true }),
    async removeUnused(inUse, before) {
      for (const digest of await uploads.storedBefore(before)) {
        if (!inUse.uploads.has(digest)) await uploads.remove(digest, before);
      }
      for (const name of await readdir(tables)) {
        if (!inUse.tables.has(name.slice(0, -EXTENSION.length))) await removeOld(join(tables, name), before);
      }
      for (const name of await readdir(work)) await removeOld(join(work, name), before);
    },
  };
}

function namedIfFull(error: unknown): unknown {
  if ((error as { code?: unknown }).code !== "ENOSPC") return error;
  return new MusterError("database-full", "the disk that holds the datasets is full", { cause: error });
}

async function present(path: string): Promise<string> {
  await access(path).catch((error: unknown) => {
    throw new MusterError("not-found", "a file of this dataset is gone", { cause: error });
  });
  return path;
}

/** A file or folder is only on disk when it was told to be. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
