import { mkdir, realpath } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MusterError, type Secret } from "@muster/kernel";
import { APPLICATION, connectionUrl, OWNER, readCredentials } from "./credentials.ts";
import { findHome } from "./home.ts";
import { initialiseCluster } from "./initialise.ts";
import { ensurePostmaster, isAlive, lastLines, stopPostmaster } from "./postmaster.ts";
import { joinPresence, type Presence } from "./presence.ts";
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
  const { exclusive, signal, onNotice = () => undefined } = options;
  const dataFolder = await makeFolder(options.dataFolder);
  const lock = join(dataFolder, "postgres.lock");
  signal?.throwIfAborted();

  const opened = await withStartLock(lock, signal, async () => {
    const home = await findHome(dataFolder, onNotice);
    const initialised = !existsSync(home.folder);
    if (initialised) await initialiseCluster(home);
    signal?.throwIfAborted();
    const credentials = await readCredentials(home.credentials);
    const { postmaster, adopted } = await ensurePostmaster(home, credentials, onNotice);
    const ownerUrl = connectionUrl(OWNER, credentials.owner, postmaster.port);
    const url = connectionUrl(APPLICATION, credentials.application, postmaster.port);
    const presence = await joinPresence(ownerUrl, postmaster.pid);
    const state = initialised ? ("initialised" as const) : adopted ? ("adopted" as const) : ("started" as const);
    return { home, postmaster, ownerUrl, url, presence, state };
  });
  const { home, postmaster, presence, state, ownerUrl, url } = opened;

  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= withStartLock(lock, undefined, async () => {
      // A server that is gone already has nobody to ask and nothing to stop.
      const last = await presence.isLast().catch(() => true);
      await presence.leave();
      if (last) await stopPostmaster(postmaster.pid, onNotice);
    }));

  if (exclusive) {
    try {
      await own(presence, dataFolder, signal);
    } catch (error) {
      await close();
      throw error;
    }
  }
  return {
    state,
    ownerUrl,
    url,
    port: postmaster.port,
    pid: postmaster.pid,
    log: home.log,
    lost: presence.lost.then((reason) => describeLoss(reason, home.log)),
    announceClosing: () => presence.announceClosing().catch(() => undefined),
    close,
  };
}

async function makeFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    return await realpath(folder);
  } catch (cause) {
    throw new MusterError("database-start", `the data folder ${folder} cannot be made: ${(cause as Error).message}`, {
      cause,
    });
  }
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
  if (said.includes("No space left on device")) {
    return new MusterError("database-full", `PostgreSQL ended because its disk is full; its log is ${log}`, {
      cause: reason,
    });
  }
  return new MusterError("database-unreachable", `${reason.message}; its log is ${log}`, { cause: reason });
}
