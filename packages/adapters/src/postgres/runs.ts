import { applyStepChange, MusterError, type Run, type RunState, type RunStep, type RunStore } from "@muster/kernel";
import type { Selectable } from "kysely";
import type { Pool } from "pg";
import { namingErrors } from "./errors.ts";
import { queries, type Tables } from "./tables.ts";

const UNIQUE_VIOLATION = "23505";

/** Runs in PostgreSQL. */
export function postgresRuns(pool: Pool): RunStore {
  const db = queries(pool);
  const find = async (id: string) => {
    const row = await db.selectFrom("run").selectAll().where("id", "=", id).executeTakeFirst();
    return row && runOf(row);
  };
  const need = async (id: string) => {
    const run = await find(id);
    if (!run) throw notFound(id);
    return run;
  };

  return {
    start: (run) =>
      namingErrors(async () => {
        try {
          await db
            .insertInto("run")
            .values({
              id: run.id,
              service: run.service,
              environment: run.environment,
              state: run.state,
              started_at: run.startedAt,
              finished_at: run.finishedAt ?? null,
              steps: JSON.stringify(run.steps),
              summary: run.summary ?? null,
            })
            // A durable workflow repeats its last step after a crash; the run is there then.
            .onConflict((conflict) => conflict.column("id").doNothing())
            .execute();
        } catch (error) {
          if ((error as { code?: string }).code !== UNIQUE_VIOLATION) throw error;
          throw new MusterError("run-active", `a run of ${run.service} in ${run.environment} is going on`, {
            cause: error,
          });
        }
      }),
    change: (id, change) =>
      namingErrors(() =>
        db.transaction().execute(async (transaction) => {
          const row = await transaction
            .selectFrom("run")
            .selectAll()
            .where("id", "=", id)
            .forUpdate()
            .executeTakeFirst();
          if (!row) throw notFound(id);
          const run = runOf(row);
          // News of a step that arrives after the end changes nothing.
          if (run.state !== "running") return run;
          const steps = applyStepChange(run.steps, change);
          await transaction
            .updateTable("run")
            .set({ steps: JSON.stringify(steps) })
            .where("id", "=", id)
            .execute();
          return { ...run, steps };
        }),
      ),
    finish: (id, state, summary, at) =>
      namingErrors(async () => {
        await db
          .updateTable("run")
          .set({ state, summary, finished_at: at })
          .where("id", "=", id)
          .where("state", "=", "running")
          .execute();
        return need(id);
      }),
    find: (id) => namingErrors(() => find(id)),
    newest: (service, environment) =>
      namingErrors(async () => {
        const row = await db
          .selectFrom("run")
          .selectAll()
          .where("service", "=", service)
          .where("environment", "=", environment)
          .orderBy("place", "desc")
          .limit(1)
          .executeTakeFirst();
        return row && runOf(row);
      }),
    active: () =>
      namingErrors(async () => {
        const rows = await db.selectFrom("run").selectAll().where("state", "=", "running").orderBy("place").execute();
        return rows.map(runOf);
      }),
  };
}

function runOf(row: Selectable<Tables["run"]>): Run {
  return {
    id: row.id,
    service: row.service,
    environment: row.environment,
    state: row.state as RunState,
    startedAt: row.started_at.toISOString(),
    ...(row.finished_at ? { finishedAt: row.finished_at.toISOString() } : {}),
    steps: row.steps as readonly RunStep[],
    ...(row.summary === null ? {} : { summary: row.summary }),
  };
}

function notFound(id: string): MusterError {
  return new MusterError("not-found", `there is no run ${id}`);
}
