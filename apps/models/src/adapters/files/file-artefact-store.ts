import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MusterError } from "@muster/kernel";
import type { ArtefactStore } from "../../domain/registry/artefact-store.ts";

/**
 * Keeps artefacts as files named by their digest: `sha256/ab/ab12…`. A file is written aside, brought
 * to disk and renamed, so that what has its name is whole, whatever ends the process.
 */
export async function openFileArtefactStore(folder: string): Promise<ArtefactStore> {
  const incoming = join(folder, "incoming");
  const root = join(folder, "sha256");
  await mkdir(incoming, { recursive: true });
  await mkdir(root, { recursive: true });
  await removeAbandoned(incoming);

  const pathOf = (digest: string): string => artefactPath(folder, digest);

  return {
    async put(content, maxBytes) {
      const temporary = join(incoming, randomUUID());
      try {
        const stored = await writeHashed(temporary, content, maxBytes);
        const path = pathOf(stored.digest);
        await mkdir(dirname(path), { recursive: true });
        await rename(temporary, path);
        await syncFolder(dirname(path));
        return stored;
      } catch (error) {
        await rm(temporary, { force: true });
        throw nameDiskErrors(error);
      }
    },
    async read(digest) {
      const bytes = await readFile(pathOf(digest)).catch((error: unknown) => {
        throw new MusterError("not-found", `artefact ${digest} is not in the store`, { cause: error });
      });
      if (createHash("sha256").update(bytes).digest("hex") !== digest) {
        throw new MusterError("model-invalid", `artefact ${digest} was damaged on disk`);
      }
      return bytes;
    },
    async open(digest) {
      const path = pathOf(digest);
      const { size } = await stat(path).catch((error: unknown) => {
        throw new MusterError("not-found", `artefact ${digest} is not in the store`, { cause: error });
      });
      return { bytes: size, read: (part) => createReadStream(path, part) };
    },
    has: (digest) =>
      access(pathOf(digest)).then(
        () => true,
        () => false,
      ),
    async remove(digest, storedBefore) {
      const path = pathOf(digest);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
      if (mtimeMs < storedBefore) await rm(path, { force: true });
    },
    async storedBefore(instant) {
      const digests: string[] = [];
      for (const prefix of await readdir(root)) {
        for (const digest of await readdir(join(root, prefix))) {
          const { mtimeMs } = await stat(join(root, prefix, digest));
          if (mtimeMs < instant) digests.push(digest);
        }
      }
      return digests;
    },
  };
}

/**
 * Where a store in a folder keeps an artefact, for programs that read files themselves.
 * @throws {MusterError} `not-found` for what is no digest.
 */
export function artefactPath(folder: string, digest: string): string {
  // Digests come from the database and from addresses; nothing else may become part of a path.
  if (!/^[0-9a-f]{64}$/.test(digest)) throw new MusterError("not-found", "no artefact has this digest");
  return join(folder, "sha256", digest.slice(0, 2), digest);
}

async function writeHashed(
  path: string,
  content: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ digest: string; bytes: number }> {
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(path, "wx", 0o640);
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new MusterError("too-large", `the file is longer than ${maxBytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: hash.digest("hex"), bytes };
}

/** A rename is only on disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Uploads that a killed process left; those of a living one are younger than an hour. */
async function removeAbandoned(incoming: string): Promise<void> {
  const before = Date.now() - 3_600_000;
  for (const name of await readdir(incoming)) {
    const path = join(incoming, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (mtimeMs < before) await rm(path, { force: true });
  }
}

function nameDiskErrors(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new MusterError("database-full", "the disk that holds the artefacts is full", { cause: error });
}
