import { chownSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { MusterError } from "@muster/kernel";

const RETRY_MS = 20;
/** A first start on a slow disk, or recovery after a crash, may hold the lock for long. */
const GIVE_UP_MS = 120_000;
const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other Muster starts or stops the server of the same data folder.
 *
 * Advisory locks of PostgreSQL say who uses a running server; this one covers the moments when
 * there is no server to ask. It must vanish with its holder, whatever kills it, so it is a lock of
 * the kernel on an open file and not the existence of a file. Node has no call for those, but
 * SQLite takes them: an empty SQLite file in an exclusive transaction is such a lock.
 */
export async function withStartLock<T>(
  file: string,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const database = openLockFile(file);
  try {
    const deadline = performance.now() + GIVE_UP_MS;
    while (!tryLock(database)) {
      if (performance.now() > deadline) {
        throw new MusterError(
          "already-running",
          `another Muster has been starting or stopping PostgreSQL for two minutes; it holds ${file}`,
        );
      }
      await delay(RETRY_MS, undefined, signal ? { signal } : {});
    }
    return await work();
  } finally {
    database.close();
  }
}

function openLockFile(file: string): DatabaseSync {
  try {
    const database = new DatabaseSync(file);
    shareWithFolderOwner(file);
    return database;
  } catch (cause) {
    throw new MusterError("database-start", `cannot write ${file}: ${(cause as Error).message}`, { cause });
  }
}

/** A lock file that root made in somebody's folder must not shut that person out. */
function shareWithFolderOwner(file: string): void {
  if (process.getuid?.() !== 0) return;
  const folder = statSync(dirname(file));
  const own = statSync(file);
  if (own.uid !== folder.uid) chownSync(file, folder.uid, folder.gid);
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("begin exclusive");
    return true;
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false;
    throw new MusterError("database-start", `the start lock cannot be taken: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
