import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  openEmbeddedPostgres,
  openPool,
  postgresIdentity,
  postgresLedger,
  postgresLoadTests,
  postgresRuns,
} from "@muster/adapters";
import type { LoadTestStore } from "@muster/contract";
import { type Identity, type Ledger, MusterError, type RunStore, Secret } from "@muster/kernel";
import type { Io } from "../output/io.ts";

/** What a command may use of Muster's database. */
export interface LocalDatabase {
  readonly ledger: Ledger;
  readonly runs: RunStore;
  readonly identity: Identity;
  readonly loadTests: LoadTestStore;
}

/** SQLSTATE of a table or a schema that is not there: nobody has migrated this database. */
const NOT_MIGRATED = new Set(["42P01", "3F000"]);

/**
 * Opens the database that `DATABASE_URL` names, or the embedded one of a data folder, for as long as
 * the work takes. A Muster that runs on it is not disturbed.
 *
 * @throws {MusterError} `no-evidence` when there is no ledger yet; `database-*`.
 */
export async function withDatabase<T>(
  data: () => string,
  io: Io,
  work: (database: LocalDatabase) => Promise<T>,
): Promise<T> {
  await using parts = new AsyncDisposableStack();
  const given = io.env["DATABASE_URL"] ?? "";
  let url: Secret;
  if (given === "") {
    const folder = data();
    if (!existsSync(join(folder, "postgres"))) {
      throw new MusterError("no-evidence", `there is no evidence in ${folder} yet`);
    }
    const embedded = await openEmbeddedPostgres({
      dataFolder: folder,
      exclusive: false,
      onNotice: (text) => io.err(`${text}\n`),
    });
    parts.defer(() => embedded.close());
    url = embedded.url;
  } else {
    url = new Secret(given);
  }
  const pool = openPool(url, { applicationName: "muster command", max: 4, statementTimeoutMs: 0 });
  parts.defer(() => pool.end());
  try {
    return await work({
      ledger: postgresLedger(pool),
      runs: postgresRuns(pool),
      identity: postgresIdentity(pool),
      loadTests: postgresLoadTests(pool),
    });
  } catch (error) {
    const { code } = error as { code?: string };
    if (error instanceof MusterError || code === undefined || !NOT_MIGRATED.has(code)) throw error;
    throw new MusterError("no-evidence", "this database holds no ledger yet", { cause: error });
  }
}
