import { chownSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { MusterError } from "@muster/kernel";

const RETRY_MS = 20;
/** A first start on a slow disk, or recovery after a crash, may hold the lock for long. */
const GIVE_UP_MS = 120_000;
/** Result codes of SQLite. */
const SQLITE_BUSY = 5;
const SQLITE_FULL = 13;

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
    while (!tryLock(database, file)) {
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
    if (statSync(file).size === 0) fillOnce(database);
    return database;
  } catch (error) {
    throw lockProblem(error, file);
  }
}

/** SQLite wants to write when it locks an empty file. Whoever finds it busy leaves that to its holder. */
function fillOnce(database: DatabaseSync): void {
  try {
    database.exec("create table if not exists start_lock (unused)");
  } catch (error) {
    if (sqliteCode(error) !== SQLITE_BUSY) throw error;
  }
}

/** A lock file that root made in somebody's folder must not shut that person out. */
function shareWithFolderOwner(file: string): void {
  if (process.getuid?.() !== 0) return;
  const folder = statSync(dirname(file));
  const own = statSync(file);
  if (own.uid !== folder.uid) chownSync(file, folder.uid, folder.gid);
}

function tryLock(database: DatabaseSync, file: string): boolean {
  try {
    // Nothing is written under the lock, so a full disk cannot keep a server from being stopped. Asked for here
    // and not at opening, because it too finds the file busy while somebody else holds it.
    database.exec("pragma journal_mode = off");
    database.exec("begin exclusive");
    return true;
  } catch (error) {
    if (sqliteCode(error) === SQLITE_BUSY) return false;
    throw lockProblem(error, file);
  }
}

function lockProblem(error: unknown, file: string): MusterError {
  const { message } = error as Error;
  if (sqliteCode(error) === SQLITE_FULL)
    return new MusterError("database-full", `no room to write ${file}`, { cause: error });
  return new MusterError("database-start", `${file} cannot be locked: ${message}`, { cause: error });
}

function sqliteCode(error: unknown): number | undefined {
  return (error as { readonly errcode?: number }).errcode;
}
