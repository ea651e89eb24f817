import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { postgresStatisticsFacts } from "../../collectors/postgres-statistics/facts.ts";
import { unread } from "../../collectors/postgres-statistics/unread.ts";
import { percent } from "../../numbers/text.ts";

export const postgresConnections = defineCheck({
  id: "postgres-connections",
  title: "PostgreSQL has connections to spare",
  failureTitle: "PostgreSQL is about to run out of connections",
  why: "When `max_connections` is reached, every new login is refused: the service fails at the moment of its highest load, and so does the operator who wants to look.",
  fix: "Put a pooler such as PgBouncer before the server, lower the pool size of the service's instances, or close sessions that idle. Raising `max_connections` costs memory for each one.",
  category: "health",
  severity: "high",
  requires: [postgresStatisticsFacts],
  parameters: Type.Object({
    warnAbove: Type.Number({
      default: 0.8,
      minimum: 0,
      maximum: 1,
      description: "Share of connections in use above which to warn",
    }),
    failAbove: Type.Number({
      default: 0.9,
      minimum: 0,
      maximum: 1,
      description: "Share of connections in use above which to fail",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: ["PostgreSQL 18: Connections and Authentication, max_connections"],
  judge({ "postgres-statistics": seen }, { warnAbove, failAbove }) {
    if (seen.server === undefined) return unread(seen);
    const { connections, maxConnections, database } = seen.server;
    const share = connections / maxConnections;
    const summary = `${connections} of ${maxConnections} connections in use (${percent(share)}), warns above ${percent(warnAbove)}, fails above ${percent(failAbove)}`;
    if (share <= warnAbove) return { outcome: "pass", summary };
    const findings = [
      { resource: `server of database ${database}`, message: `${maxConnections - connections} connections are left` },
    ];
    return { outcome: share > failAbove ? "fail" : "warn", summary, findings };
  },
});
