import type { Secret } from "@muster/kernel";
import pg from "pg";

export interface PoolOptions {
  /** Connections at most. */
  readonly max?: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName?: string;
  /** Milliseconds after which the server cancels a statement. */
  readonly statementTimeoutMs?: number;
  /** Milliseconds after which a connection is given up whose server does not answer; it is waited for when absent. */
  readonly queryTimeoutMs?: number;
  /** Told when an idle connection breaks. The pool replaces it, so this is for the log only. */
  readonly onError?: (error: Error) => void;
}

/** A pool of connections. No connection is made before the first query. */
export function openPool(url: Secret, options: PoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url.reveal(),
    max: options.max ?? 10,
    application_name: options.applicationName ?? `muster ${process.pid}`,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    ...(options.queryTimeoutMs === undefined ? {} : { query_timeout: options.queryTimeoutMs }),
    // A client whose process stops in the middle of a transaction must not hold the ledger's head for ever.
    idle_in_transaction_session_timeout: 60_000,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
  });
  // Without listeners a broken connection would end the process: the pool's for idle ones, and one on each for those
  // that are held between two queries. Whoever holds it gets the error with the next query.
  pool.on("error", (error) => options.onError?.(error));
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
