import { defineCheck } from "@muster/contract";
import { Type } from "typebox";
import { postgresStatisticsFacts } from "../../collectors/postgres-statistics/facts.ts";
import { unread } from "../../collectors/postgres-statistics/unread.ts";
import { grouped, percent } from "../../numbers/text.ts";

export const postgresCacheHitRatio = defineCheck({
  id: "postgres-cache-hit-ratio",
  title: "PostgreSQL finds its data in memory",
  failureTitle: "PostgreSQL reads too much from disk",
  why: "A block from shared buffers takes microseconds, one from disk milliseconds. A ratio that sinks means that the data in use has outgrown the memory, and latency follows.",
  fix: "Give the server more memory and raise `shared_buffers` to about a quarter of it; look for queries that scan whole tables, and add the index that they miss.",
  category: "health",
  severity: "medium",
  requires: [postgresStatisticsFacts],
  parameters: Type.Object({
    warnBelow: Type.Number({
      default: 0.95,
      minimum: 0,
      maximum: 1,
      description: "Share of blocks found in memory below which to warn",
    }),
    failBelow: Type.Number({
      default: 0.9,
      minimum: 0,
      maximum: 1,
      description: "Share of blocks found in memory below which to fail",
    }),
    minimumBlocks: Type.Integer({
      default: 10_000,
      minimum: 1,
      description: "Fewer block accesses than this are too few to judge by",
    }),
  }),
  supports: ["soc2:A1.1", "iso-27001-2022:A.8.6"],
  references: ["PostgreSQL 18: The Cumulative Statistics System, pg_stat_database"],
  judge({ "postgres-statistics": seen }, { warnBelow, failBelow, minimumBlocks }) {
    if (seen.server === undefined) return unread(seen);
    const { blocksHit, blocksRead, database } = seen.server;
    const blocks = blocksHit + blocksRead;
    if (blocks < minimumBlocks) {
      const summary = `${grouped(blocks)} blocks were accessed since the statistics were reset, at least ${grouped(minimumBlocks)} are needed to judge`;
      return { outcome: "unknown", summary };
    }
    const ratio = blocksHit / blocks;
    const summary = `${percent(ratio)} of ${grouped(blocks)} blocks came from memory, warns below ${percent(warnBelow)}, fails below ${percent(failBelow)}`;
    if (ratio >= warnBelow) return { outcome: "pass", summary };
    const findings = [
      { resource: `database ${database}`, message: `${grouped(blocksRead)} blocks were read from disk or its cache` },
    ];
    return { outcome: ratio < failBelow ? "fail" : "warn", summary, findings };
  },
});
