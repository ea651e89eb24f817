import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { postgresStatisticsFacts } from "../../collectors/postgres-statistics/facts.ts";
import { milliseconds } from "../../numbers/text.ts";
import { failureText } from "../../wire/failure.ts";

export const postgresReachable = defineCheck({
  id: "postgres-reachable",
  title: "PostgreSQL accepts a login quickly",
  failureTitle: "PostgreSQL does not accept a login, or slowly",
  why: "A service without its database is down, and one that waits seconds for a connection soon has all its requests waiting.",
  fix: "Check that the server runs and that the connection string, user and password are right. A slow login points at an overloaded server, a slow name server, or a pooler without free connections.",
  category: "health",
  severity: "critical",
  requires: [postgresStatisticsFacts],
  parameters: Type.Object({
    maximumMs: Type.Number({ default: 1_000, exclusiveMinimum: 0, description: "Milliseconds that a login may take" }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.16"],
  references: ["PostgreSQL 18: Frontend/Backend Protocol"],
  judge({ "postgres-statistics": seen }, { maximumMs }) {
    const resource = seen.server ? `database ${seen.server.database}` : "PostgreSQL";
    if (seen.connectMs === undefined || seen.failure || !seen.server) {
      const reason = seen.failure ? failureText(seen.failure) : "no answer";
      const stage = seen.connectMs === undefined ? "no login" : "login, but no answer to a query";
      return { outcome: "fail", summary: `${stage}: ${reason}`, findings: [{ resource, message: reason }] };
    }
    const summary = `login to PostgreSQL ${seen.server.version} took ${milliseconds(seen.connectMs)}, allowed ${milliseconds(maximumMs)}`;
    if (seen.connectMs <= maximumMs) return { outcome: "pass", summary };
    return {
      outcome: "fail",
      summary,
      findings: [{ resource, message: `login took ${milliseconds(seen.connectMs)}` }],
    };
  },
});
