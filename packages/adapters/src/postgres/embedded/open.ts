import { mkdir, realpath } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MusterError, type Secret } from "@muster/kernel";
import { databaseError, saysNoRoom } from "../errors.ts";
import { APPLICATION, connectionUrl, OWNER, readCredentials } from "./credentials.ts";
import { findHome } from "./home.ts";
import { initialiseCluster, removeUnfinished } from "./initialise.ts";
import { ensurePostmaster, lastLines, stopPostmaster } from "./postmaster.ts";
import { isAlive, joinPresence, type Presence } from "./presence.ts";
import { withStartLock } from "./start-lock.ts";

/** How long an owner that is not closing is given before it counts as running: it may just have been told to stop. */
const GRACE_MS = 1_500;
/** How long an owner that is closing or dead is waited for. */
const HANDOVER_MS = 10_000;
const POLL_MS = 50;

export interface EmbeddedPostgresOptions {
  /** Folder of this Muster's data; made when it does not exist. The cluster lives in it, or a link to it. */
  readonly dataFolder: string;
  /** Whether this is the one server process of the data folder, or a reader that may work beside it. */
  readonly exclusive: boolean;
  /** Told what a user should know: where the data went, why something takes long. */
  readonly onNotice?: (text: string) => void;
  /** Aborts opening. */
  readonly signal?: AbortSignal;
}

/** A PostgreSQL server of our own, and this process's share in it. */
export interface EmbeddedPostgres {
  /** `initialised`: a new cluster; `started`: an old one; `adopted`: it was running already. */
  readonly state: "initialised" | "started" | "adopted";
  /** Connection string of the superuser, for migrations. */
  readonly ownerUrl: Secret;
  /** Connection string of the application's role. */
  readonly url: Secret;
  readonly port: number;
  /** Process of the postmaster. */
  readonly pid: number;
  /** Path of the server's log. */
  readonly log: string;
  /** Resolves with the reason when the server goes away by itself. Never rejects; stays pending after {@link close}. */
  readonly lost: Promise<MusterError>;
  /**
   * Tells a successor that waits for the data folder that this process is about to let go of it.
   * Call it when shutting down begins; without it the successor gives up after a moment.
   */
  announceClosing(): Promise<void>;
  /** Lets go of the server, and stops it when nobody else uses it. Close every connection first. */
  close(): Promise<void>;
}

/**
 * Opens the embedded PostgreSQL of a data folder: initialises it the first time, starts it, or
 * adopts one that runs, for instance because its Muster was killed.
 *
 * @throws {MusterError} `already-running` when another process owns the data folder,
 *   `database-unsupported`, `database-start`, `database-full`.
 */
export async function openEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await open(options);
  } catch (error) {
    throw options.signal?.aborted ? error : namedFailure(error, options.dataFolder);
  }
}

async function open(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { exclusive, signal, onNotice = () => undefined } = options;
  signal?.throwIfAborted();
  await mkdir(options.dataFolder, { recursive: true });
  const dataFolder = await realpath(options.dataFolder);
  const lock = join(dataFolder, "postgres.lock");

  const entered = await withStartLock(lock, signal, () => enter(dataFolder, signal, onNotice));
  const { home, postmaster, presence } = entered;

  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= underLockIfThereIs(lock, async () => {
      const { last } = await presence.leave();
      if (last) await stopPostmaster(postmaster, onNotice);
    }));

  try {
    if (exclusive) await own(presence, dataFolder, signal);
    signal?.throwIfAborted();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    state: entered.state,
    ownerUrl: entered.ownerUrl,
    url: entered.url,
    port: postmaster.port,
    pid: postmaster.pid,
    log: home.log,
    lost: presence.lost.then((reason) => describeLoss(reason, home.log)),
    announceClosing: () => presence.announceClosing().catch(() => undefined),
    close,
  };
}

/** A data folder that somebody deleted has no lock, and no one else who could want its server. */
async function underLockIfThereIs(lock: string, work: () => Promise<void>): Promise<void> {
  if (existsSync(lock)) await withStartLock(lock, undefined, work);
  else await work();
}

/** What happens under the start lock: a cluster, its server, and our place among those who use it. */
async function enter(dataFolder: string, signal: AbortSignal | undefined, onNotice: (text: string) => void) {
  const home = await findHome(dataFolder, onNotice);
  await removeUnfinished(home);
  const initialised = !existsSync(home.folder);
  if (initialised) await initialiseCluster(home);
  signal?.throwIfAborted();
  const credentials = await readCredentials(home.credentials);
  const { postmaster, adopted } = await ensurePostmaster(home, credentials, onNotice);
  const ownerUrl = connectionUrl(OWNER, credentials.owner, postmaster.port);
  const state: EmbeddedPostgres["state"] = initialised ? "initialised" : adopted ? "adopted" : "started";
  return {
    state,
    home,
    postmaster,
    ownerUrl,
    url: connectionUrl(APPLICATION, credentials.application, postmaster.port),
    presence: await joinPresence(ownerUrl, postmaster),
  };
}

/** A failure of the operating system on the way, in Muster's words. */
function namedFailure(error: unknown, dataFolder: string): unknown {
  const named = databaseError(error);
  if (named instanceof MusterError || !(error instanceof Error)) return named;
  return new MusterError("database-start", `the embedded PostgreSQL of ${dataFolder}: ${error.message}`, {
    cause: error,
  });
}

async function own(presence: Presence, dataFolder: string, signal: AbortSignal | undefined): Promise<void> {
  const begun = performance.now();
  while (!(await presence.tryOwn())) {
    const holder = await presence.owner();
    const letsGo = holder === undefined || holder.closing || (holder.pid !== undefined && !(await isAlive(holder.pid)));
    if (performance.now() - begun > (letsGo ? HANDOVER_MS : GRACE_MS)) {
      const who = holder?.pid === undefined ? "another process" : `process ${holder.pid}`;
      throw new MusterError("already-running", `${who} uses the data folder ${dataFolder}`);
    }
    await delay(POLL_MS, undefined, signal ? { signal } : {});
  }
}

async function describeLoss(reason: Error, log: string): Promise<MusterError> {
  const said = await lastLines(log, 0);
  if (saysNoRoom(said)) {
    return new MusterError("database-full", `PostgreSQL ended because its disk is full; its log is ${log}`, {
      cause: reason,
    });
  }
  return new MusterError("database-unreachable", `${reason.message}; its log is ${log}`, { cause: reason });
}
