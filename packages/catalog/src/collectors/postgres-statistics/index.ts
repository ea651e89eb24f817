import net from "node:net";
import { performance } from "node:perf_hooks";
import { type Clock, type Secret, toInstant } from "@muster/kernel";
import { defineCollector, Unavailable } from "@muster/contract";
import pg from "pg";
import { roundMs } from "../../wire/exchange.ts";
import { type Failure, failureOf, timedOut } from "../../wire/failure.ts";
import { type PostgresStatistics, postgresStatisticsFacts } from "./facts.ts";

const TIMEOUT_MS = 5_000;

type Statistics = NonNullable<PostgresStatistics["server"]>;

/** One statement, so that all numbers are of one moment. */
const STATISTICS = `
  select current_setting('server_version') as "version",
         current_database() as "database",
         current_setting('max_connections')::float8 as "maxConnections",
         activity."connections",
         activity."longestTransactionMs",
         coalesce(storage.blks_hit, 0)::float8 as "blocksHit",
         coalesce(storage.blks_read, 0)::float8 as "blocksRead"
    from (select count(*) filter (where backend_type = 'client backend')::float8 as "connections",
                 coalesce(max(extract(epoch from clock_timestamp() - xact_start) * 1000)
                          filter (where pid <> pg_backend_pid()
                                    and backend_type = 'client backend'), 0)::float8 as "longestTransactionMs"
            from pg_stat_activity) as activity
    left join pg_stat_database as storage on storage.datname = current_database()`;

/** Logs in to PostgreSQL as the service does and reads its statistics. */
export function createPostgresStatistics(clock: Clock, timeoutMs: number = TIMEOUT_MS) {
  return defineCollector({
    facts: postgresStatisticsFacts,
    title: "PostgreSQL login and statistics",
    timeoutMs: timeoutMs + 1_000,
    async collect(target, { signal }): Promise<PostgresStatistics> {
      if (!target.postgres) throw new Unavailable("no PostgreSQL is configured for this environment");
      const observedAt = toInstant(clock.now());
      return { observedAt, ...(await ask(target.postgres, timeoutMs, signal)) };
    },
  });
}

async function ask(
  connection: Secret,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Omit<PostgresStatistics, "observedAt">> {
  signal.throwIfAborted();
  // The socket is ours, so that it can be destroyed whatever state the driver is in.
  const socket = new net.Socket();
  const started = performance.now();
  let connectMs: number | undefined;
  const { promise: ended, resolve: end, reject } = Promise.withResolvers<{ failure: Failure }>();
  const timer = setTimeout(
    () => end({ failure: timedOut(timeoutMs, connectMs === undefined ? "login" : "answer") }),
    timeoutMs,
  );
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });

  const work = async (): Promise<Omit<PostgresStatistics, "observedAt">> => {
    try {
      const client = new pg.Client({
        connectionString: connection.reveal(),
        application_name: "muster",
        stream: () => socket,
      });
      // Without a listener, a connection that breaks between two queries would end the process.
      client.on("error", (error: Error) => end({ failure: failure(error, connection) }));
      await client.connect();
      connectMs = roundMs(performance.now() - started);
      const { rows } = await client.query<Statistics>(STATISTICS);
      const [server] = rows;
      await client.end();
      return server === undefined ? {} : { server };
    } catch (error) {
      return { failure: failure(error, connection) };
    }
  };
  try {
    const seen = await Promise.race([work(), ended]);
    // Whoever ran out of time may still have logged in before.
    return connectMs === undefined ? seen : { connectMs, ...seen };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    socket.destroy();
  }
}

/** Codes of the system that tell how far a connection came; all others come from a server that answered. */
const PHASES: Readonly<Record<string, Failure["phase"]>> = {
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ECONNREFUSED: "connect",
  ENOENT: "connect",
  EACCES: "connect",
  EHOSTUNREACH: "connect",
  ENETUNREACH: "connect",
  ETIMEDOUT: "connect",
};

function failure(error: unknown, connection: Secret): Failure {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "PROTOCOL";
  const message = error instanceof Error ? error.message : "";
  const seen = failureOf(PHASES[code] ?? "protocol", { code, message });
  return { ...seen, message: withoutSecrets(seen.message, connection.reveal()) };
}

/** No message of the driver is known to quote the connection string. This keeps it so. */
function withoutSecrets(message: string, connection: string): string {
  const password = URL.canParse(connection) ? new URL(connection).password : "";
  const secrets = [connection, password, safeDecode(password)].filter((each) => each !== "");
  return secrets.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), message);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
