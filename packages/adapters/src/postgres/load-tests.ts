import type {
  CapacityFinding,
  Headroom,
  LoadFinding,
  LoadReport,
  LoadTest,
  LoadTestDetail,
  LoadTestStore,
} from "@muster/contract";
import { type Selectable, sql, type Transaction } from "kysely";
import type { Pool } from "pg";
import { namingErrors } from "./errors.ts";
import { queries, type Tables } from "./tables.ts";

/** Tests that are kept; the oldest go when another begins. */
const KEPT = 500;
/** A test speaks every two seconds; silent for so many ms, it is lost. */
const SILENCE_MS = 30_000;

type Row = Selectable<Tables["load_test"]>;
type Summary = Pick<LoadTest, "sentence" | "verdict" | "requests" | "perSecond" | "failed" | "p95">;

const NOTHING_YET: Summary = {
  sentence: "nothing was counted yet",
  verdict: "passed",
  requests: 0,
  perSecond: 0,
  failed: 0,
};

/** Load tests in PostgreSQL; every change is told to whoever listens. */
export function postgresLoadTests(pool: Pool): LoadTestStore {
  const db = queries(pool);

  return {
    begin: (test, at) =>
      namingErrors(() =>
        db.transaction().execute(async (transaction) => {
          const { id, kind, name, target, actor } = test;
          await transaction
            .insertInto("load_test")
            .values({
              id,
              kind,
              name,
              target,
              origin: originOf(target),
              actor,
              ended: false,
              started_at: at,
              updated_at: at,
              summary: JSON.stringify(NOTHING_YET),
              finding: null,
              holds_at: null,
            })
            .execute();
          await transaction
            .deleteFrom("load_test")
            .where("place", "<=", (query) =>
              query.selectFrom("load_test").select("place").orderBy("place", "desc").limit(1).offset(KEPT),
            )
            .execute();
          await tell(transaction, id);
        }),
      ),
    note: (id, finding, ended, at) =>
      namingErrors(() =>
        db.transaction().execute(async (transaction) => {
          const settled = finding.kind === "capacity" && finding.capacity.settled && ended;
          const { numUpdatedRows } = await transaction
            .updateTable("load_test")
            .set({
              ended,
              updated_at: at,
              summary: JSON.stringify(summaryOf(finding)),
              finding: JSON.stringify(contentOf(finding, ended)),
              holds_at: settled ? (finding.capacity.holdsAt ?? null) : null,
            })
            .where("id", "=", id)
            .where("ended", "=", false)
            .executeTakeFirst();
          if (numUpdatedRows > 0n) await tell(transaction, id);
        }),
      ),
    page: (limit, before, now) =>
      namingErrors(async () => {
        const rows = await db
          .selectFrom("load_test")
          .selectAll()
          .$if(before !== undefined, (query) =>
            query.where("place", "<", (part) =>
              part
                .selectFrom("load_test")
                .select("place")
                .where("id", "=", before ?? ""),
            ),
          )
          .orderBy("place", "desc")
          .limit(limit + 1)
          .execute();
        const { total } = await db
          .selectFrom("load_test")
          .select(({ fn }) => fn.countAll<string>().as("total"))
          .executeTakeFirstOrThrow();
        const shown = rows.slice(0, limit);
        const last = shown.at(-1);
        return {
          tests: shown.map((row) => testOf(row, now)),
          total: Number(total),
          ...(rows.length > limit && last !== undefined ? { next: last.id } : {}),
        };
      }),
    find: (id, now) =>
      namingErrors(async (): Promise<LoadTestDetail | undefined> => {
        const row = await db.selectFrom("load_test").selectAll().where("id", "=", id).executeTakeFirst();
        if (row === undefined) return undefined;
        const headroom = await newestCapacity(row.origin);
        return {
          test: testOf(row, now),
          ...(row.finding === null
            ? {}
            : row.kind === "run"
              ? { report: row.finding as LoadReport }
              : { capacity: row.finding as CapacityFinding }),
          ...(headroom === undefined ? {} : { headroom }),
        };
      }),
  };

  async function newestCapacity(origin: string): Promise<Headroom | undefined> {
    const row = await db
      .selectFrom("load_test")
      .selectAll()
      .where("origin", "=", origin)
      .where("holds_at", "is not", null)
      .orderBy("place", "desc")
      .limit(1)
      .executeTakeFirst();
    if (row === undefined || row.holds_at === null) return undefined;
    const { objective } = row.finding as CapacityFinding;
    return { holdsAt: row.holds_at, objective, test: row.id, at: row.updated_at.toISOString() };
  }
}

async function tell(transaction: Transaction<Tables>, id: string): Promise<void> {
  const change = JSON.stringify({ type: "load.changed", test: id });
  await sql`select muster.publish_event(${change})`.execute(transaction);
}

function testOf(row: Row, now: number): LoadTest {
  const silent = now - row.updated_at.getTime() > SILENCE_MS;
  return {
    id: row.id,
    kind: row.kind as LoadTest["kind"],
    name: row.name,
    target: row.target,
    actor: row.actor,
    state: row.ended ? "finished" : silent ? "lost" : "running",
    startedAt: row.started_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    ...(row.summary as Summary),
  };
}

function summaryOf(finding: LoadFinding): Summary {
  if (finding.kind === "capacity") {
    const { capacity, sentence } = finding;
    const at = capacity.steps.findLast((step) => step.ratePerSecond === capacity.holdsAt);
    return {
      sentence,
      verdict: capacity.settled ? "passed" : "invalid",
      requests: 0,
      perSecond: capacity.holdsAt ?? 0,
      failed: 0,
      ...(at?.p95 === undefined ? {} : { p95: at.p95 }),
    };
  }
  const { sentence, verdict, total } = finding.report;
  const { requests, perSecond, failed, response } = total;
  return { sentence, verdict, requests, perSecond, failed, ...(response === undefined ? {} : { p95: response.p95 }) };
}

/** What is kept. The whole histograms are only worth their size when the test has ended. */
function contentOf(finding: LoadFinding, ended: boolean): LoadReport | CapacityFinding {
  if (finding.kind === "capacity") return { ...finding.capacity, objective: [...finding.objective] } as CapacityFinding;
  if (ended) return finding.report;
  return JSON.parse(JSON.stringify(finding.report), (key, value: unknown) =>
    key === "histogram" ? { count: 0, sumUnits: 0, min: 0, max: 0, buckets: [] } : value,
  ) as LoadReport;
}

/** What two addresses of one service have in common. */
function originOf(target: string): string {
  return URL.canParse(target) ? new URL(target).origin : target;
}
