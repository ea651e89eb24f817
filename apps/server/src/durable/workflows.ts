import { DBOS, type DLogger } from "@dbos-inc/dbos-sdk";
import { namingErrors, openPool } from "@muster/adapters";
import type { DurableSteps } from "@muster/application";
import type { Secret } from "@muster/kernel";
import type { Logger } from "pino";
import { holdReplicaLock } from "./replica-lock.ts";

/**
 * Version of the workflows' shape. A workflow that was interrupted is only continued by a Muster
 * whose steps have the same names in the same order; raise it when that changes.
 */
const WORKFLOW_VERSION = "1";

/** How often a replica looks for work that a dead one left. */
const TAKE_OVER_INTERVAL_MS = 5_000;

const RESULT_POLL_MS = 50;

/** How a durable workflow stands, as far as Muster cares. */
export type WorkflowState = "unknown" | "going-on" | "ended";

/** Workflows that survive the process: what they did is in PostgreSQL, and another process goes on with it. */
export interface DurableWorkflows<Request, Result> {
  /** Starts a workflow under an id. Starting an id again only returns. */
  start(id: string, request: Request): Promise<void>;
  state(id: string): Promise<WorkflowState>;
  /** Waits until a workflow has ended, here or in another process, and gives what it returned. */
  result(id: string): Promise<Result>;
  /** Stops working. What is under way stays to be continued by the next start. */
  stop(): Promise<void>;
}

/**
 * Opens durable workflows on a PostgreSQL database (DBOS Transact, in the schema `dbos`).
 *
 * Each replica holds a session lock in PostgreSQL under its own number. A replica that dies loses
 * it at once, whoever finds its work with the lock free continues it: no heartbeats, no clocks.
 */
export async function openWorkflows<Request, Result>(options: {
  readonly url: Secret;
  readonly name: string;
  readonly workflow: (request: Request, steps: DurableSteps) => Promise<Result>;
  readonly log: Logger;
}): Promise<DurableWorkflows<Request, Result>> {
  const { url, name, workflow, log } = options;
  const replica = await holdReplicaLock(url, log);
  const pool = openPool(url, {
    max: 5,
    applicationName: `muster workflows ${replica.id}`,
    onError: (error) => log.warn({ err: error }, "a connection of the workflows broke"),
  });
  const steps: DurableSteps = { step: (step, work) => DBOS.runStep(work, { name: step }) };
  // A workflow ends its own failures, so one that throws could not write down its end: the database did not
  // take it. It stays to be continued, and whoever waits for it here must not wait for ever.
  const unwritten = new Map<string, PromiseWithResolvers<never>>();
  const unwrittenEnd = (id: string): PromiseWithResolvers<never> => {
    const known = unwritten.get(id) ?? Promise.withResolvers<never>();
    known.promise.catch(() => {});
    unwritten.set(id, known);
    return known;
  };
  const run = async (request: Request): Promise<Result> => {
    const id = DBOS.workflowID ?? "";
    try {
      return await namingErrors(() => workflow(request, steps));
    } catch (error) {
      unwrittenEnd(id).reject(error);
      throw error;
    }
  };
  const registered = DBOS.registerWorkflow(run, { name });
  DBOS.setConfig({
    name: "muster",
    systemDatabaseUrl: url.reveal(),
    // Done already by the owner of the schema, which the application's role is not.
    runMigrations: false,
    systemDatabasePool: pool,
    applicationVersion: WORKFLOW_VERSION,
    executorID: String(replica.id),
    schedulerPollingIntervalMs: 1_000,
    logger: quietLogger(log),
  });
  await DBOS.launch();

  const takeOver = async (): Promise<void> => {
    const pending = await DBOS.listWorkflows({ status: "PENDING" });
    for (const each of pending) {
      const owner = Number(each.executorId);
      if (owner === replica.id || !(await replica.isDead(owner))) continue;
      log.info({ workflow: each.workflowID, owner }, "continuing the work of a replica that is gone");
      await DBOS.resumeWorkflow(each.workflowID);
    }
  };
  await takeOver();
  const timer = setInterval(() => {
    takeOver().catch((error: unknown) => log.warn({ err: error }, "could not look for work that was left"));
  }, TAKE_OVER_INTERVAL_MS);

  return {
    async result(id) {
      const recorded = namingErrors(() => DBOS.getResult<Result>(id, { pollingIntervalMs: RESULT_POLL_MS }));
      const result = await Promise.race([recorded, unwrittenEnd(id).promise]);
      // Without a time limit, null is what a workflow without a result would give, and ours have one.
      return result as Result;
    },
    async start(id, request) {
      await DBOS.startWorkflow(registered, { workflowID: id })(request);
    },
    async state(id) {
      const status = await DBOS.getWorkflowStatus(id);
      if (!status) return "unknown";
      return status.status === "PENDING" || status.status === "ENQUEUED" ? "going-on" : "ended";
    },
    async stop() {
      clearInterval(timer);
      await DBOS.shutdown({ deregister: true });
      await pool.end();
      await replica.release();
    },
  };
}

/** DBOS narrates its own start at level info; here that is detail. */
function quietLogger(log: Logger): DLogger {
  return {
    debug: (entry) => log.trace({ dbos: entry }),
    info: (entry) => log.debug({ dbos: entry }),
    warn: (entry) => log.warn({ dbos: entry }),
    error: (entry, metadata) => log.error({ dbos: entry, err: metadata?.error }),
  };
}
