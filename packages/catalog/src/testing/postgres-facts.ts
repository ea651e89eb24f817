import type { PostgresStatistics } from "../collectors/postgres-statistics/facts.ts";

/** Facts of a PostgreSQL that does well, except for what the test says. */
export function database(says: Partial<NonNullable<PostgresStatistics["server"]>> = {}): {
  "postgres-statistics": PostgresStatistics & { server: NonNullable<PostgresStatistics["server"]> };
} {
  return {
    "postgres-statistics": {
      observedAt: "2026-11-20T12:00:00.000Z",
      connectMs: 10,
      server: {
        version: "18.4",
        database: "service",
        connections: 10,
        maxConnections: 100,
        blocksHit: 99_000,
        blocksRead: 1_000,
        longestTransactionMs: 0,
        ...says,
      },
    },
  };
}

/** Facts of a PostgreSQL that refuses connections. */
export function noDatabase(): { "postgres-statistics": PostgresStatistics } {
  const failure = { phase: "connect" as const, code: "ECONNREFUSED", message: "the connection was refused" };
  return { "postgres-statistics": { observedAt: "2026-11-20T12:00:00.000Z", failure } };
}
