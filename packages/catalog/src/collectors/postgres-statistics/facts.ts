import { defineFacts, type FactsOf } from "@muster/contract";
import { Type } from "typebox";
import { FailureSchema } from "../../wire/failure.ts";

const Count = Type.Number({ minimum: 0 });

/** Facts that PostgreSQL tells about itself to the user it is asked as. The connection string is not among them. */
export const postgresStatisticsFacts = defineFacts(
  "postgres-statistics",
  Type.Object({
    observedAt: Type.String(),
    failure: Type.Optional(FailureSchema),
    /** Milliseconds until the login was accepted. */
    connectMs: Type.Optional(Type.Number({ minimum: 0 })),
    server: Type.Optional(
      Type.Object({
        version: Type.String(),
        database: Type.String(),
        connections: Count,
        maxConnections: Count,
        /** Blocks of this database found in shared buffers since its statistics were reset. */
        blocksHit: Count,
        /** Blocks of this database that the operating system had to be asked for. */
        blocksRead: Count,
        /** Milliseconds of the oldest open transaction that the user may see; 0 without one. */
        longestTransactionMs: Count,
      }),
    ),
  }),
);

export type PostgresStatistics = FactsOf<typeof postgresStatisticsFacts>;
