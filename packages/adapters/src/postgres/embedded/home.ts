import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmod,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { MusterError } from "@muster/kernel";
import { type Account, unprivilegedAccount } from "./account.ts";
import { type Binaries, binariesIn, findBinaries } from "./binaries.ts";

const run = promisify(execFile);

/** Where root keeps clusters and programs that an unprivileged user cannot reach where they are. */
const SYSTEM_FOLDER = "/var/lib/muster";

/** Where an embedded cluster lives, and as whom and with which programs it runs. */
export interface ClusterHome {
  /** Holds everything below; it appears at once and complete, by a rename. */
  readonly folder: string;
  /** PostgreSQL's data directory. */
  readonly data: string;
  readonly credentials: string;
  readonly log: string;
  /** The user that PostgreSQL runs as, when that is not the user that Muster runs as. */
  readonly account: Account | undefined;
  readonly binaries: Binaries;
}

/** The paths inside a cluster's folder. */
export function pathsIn(folder: string): Pick<ClusterHome, "folder" | "data" | "credentials" | "log"> {
  return {
    folder,
    data: join(folder, "cluster"),
    credentials: join(folder, "credentials.json"),
    log: join(folder, "postgres.log"),
  };
}

/**
 * Decides where the cluster of a data folder lives. An ordinary user's is in the data folder. When
 * Muster is root, PostgreSQL runs as an unprivileged user, who may not be able to reach a folder
 * below, say, `/root`; then it lives below `/var/lib/muster`, and the data folder has a link to it.
 *
 * @param dataFolder a resolved path.
 */
export async function findHome(dataFolder: string, onNotice: (text: string) => void): Promise<ClusterHome> {
  const binaries = findBinaries();
  const near = join(dataFolder, "postgres");
  const existing = await realpathIfAny(near);
  if (process.getuid?.() !== 0) {
    const folder = existing ?? near;
    if (existing !== undefined) await refuseForeign(pathsIn(existing).data);
    return { ...pathsIn(folder), account: undefined, binaries };
  }
  const folder = existing ?? (await placeFor(dataFolder, near, onNotice));
  const account = (await ownerOf(pathsIn(folder).data)) ?? (await unprivilegedAccount());
  return { ...pathsIn(folder), account, binaries: await reachableBinaries(binaries, account, onNotice) };
}

/** Where root puts a cluster that does not exist yet, or whose link is gone. */
async function placeFor(dataFolder: string, near: string, onNotice: (text: string) => void): Promise<string> {
  const account = await unprivilegedAccount();
  return (await canEnter(dataFolder, account)) ? near : systemHome(dataFolder, near, onNotice);
}

/** The user that an existing cluster belongs to, as whom alone it can be served. */
async function ownerOf(data: string): Promise<Account | undefined> {
  try {
    const { uid, gid } = await stat(data);
    return { uid, gid };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function systemHome(dataFolder: string, near: string, onNotice: (text: string) => void): Promise<string> {
  const digest = createHash("sha256").update(dataFolder).digest("hex").slice(0, 16);
  const parent = join(SYSTEM_FOLDER, digest);
  await makeReachable(parent);
  // For people who find the folder and wonder whose it is.
  await writeFile(join(parent, "data-folder"), `${dataFolder}\n`);
  const folder = join(parent, "postgres");
  await rm(near, { force: true });
  await symlink(folder, near);
  onNotice(
    `The database is kept in ${folder}, because an unprivileged user, as which PostgreSQL must run, cannot enter ${dataFolder}`,
  );
  return folder;
}

/** Programs that the account can run: where npm put them, or a copy that is made once per version. */
async function reachableBinaries(
  binaries: Binaries,
  account: Account,
  onNotice: (text: string) => void,
): Promise<Binaries> {
  if (await canRun(binaries.postgres, account)) return binaries;
  const manifest = await readFile(join(binaries.folder, "..", "package.json"), "utf8");
  const { name, version } = JSON.parse(manifest) as { name: string; version: string };
  const copy = join(SYSTEM_FOLDER, "programs", `${basename(name)}-${version}`);
  const copied = binariesIn(copy);
  if (!(await canRun(copied.postgres, account))) {
    await copyPrograms(binaries.folder, copy);
    onNotice(
      `PostgreSQL's programs were copied to ${copy}, because an unprivileged user cannot run them in ${binaries.folder}`,
    );
    if (!(await canRun(copied.postgres, account))) {
      throw new MusterError(
        "database-unsupported",
        `the user with the id ${account.uid} cannot run ${copied.postgres}`,
      );
    }
  }
  return copied;
}

async function copyPrograms(from: string, to: string): Promise<void> {
  await makeReachable(dirname(to));
  const fresh = `${to}.new-${process.pid}-${randomBytes(4).toString("hex")}`;
  try {
    // Relative links stay as they are, so that the libraries' names resolve inside the copy.
    await cp(from, fresh, { recursive: true, verbatimSymlinks: true });
    await openToAll(fresh);
    await rm(to, { recursive: true, force: true });
    await rename(fresh, to);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Lets everybody read a tree and enter its folders, whatever the umask was when npm wrote it. */
async function openToAll(path: string): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chmod(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await openToAll(join(path, name));
}

async function makeReachable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let each = folder; each.startsWith(SYSTEM_FOLDER); each = dirname(each)) await chmod(each, 0o755);
}

/** Tried rather than worked out from mode bits, so that access lists and mounts count too. */
async function canEnter(folder: string, account: Account): Promise<boolean> {
  return succeeds("/bin/sh", ["-c", 'cd -- "$1"', "sh", folder], account);
}

async function canRun(program: string, account: Account): Promise<boolean> {
  return succeeds(program, ["--version"], account);
}

async function succeeds(program: string, options: readonly string[], account: Account): Promise<boolean> {
  try {
    await run(program, options, { ...account, cwd: "/" });
    return true;
  } catch {
    return false;
  }
}

/** PostgreSQL serves a data directory only as its owner; saying so beats its log. */
async function refuseForeign(data: string): Promise<void> {
  let owner: number;
  try {
    owner = (await stat(data)).uid;
  } catch (cause) {
    throw new MusterError("database-start", `${data} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (owner !== process.getuid?.()) {
    throw new MusterError(
      "database-start",
      `${data} belongs to the user with the id ${owner}: run Muster as that user or as root`,
    );
  }
}

async function realpathIfAny(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch {
    return undefined;
  }
}
