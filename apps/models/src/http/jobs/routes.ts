import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type Clock, toInstant } from "@muster/kernel";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import { type JobDraft, type JobRecord, remainingMs } from "../../domain/jobs/job.ts";
import type { JobRequest, Jobs } from "../../domain/jobs/jobs.ts";
import { callerOf } from "../access/guard.ts";
import { answers } from "../answers.ts";
import { sendFile, sentUnchanged } from "../delivery/send-file.ts";
import { JobBody, JobParams, JobSchema, JobsQuery, JobsSchema, PlanSchema } from "./schemas.ts";

const CONTENT_TYPE = { csv: "text/csv; charset=utf-8", parquet: "application/vnd.apache.parquet" } as const;
const DEFAULT_PAGE_JOBS = 50;

export interface JobRouteOptions {
  readonly jobs: Jobs;
  readonly clock: Clock;
}

/** Predictions for whole datasets, done while nobody waits. */
export async function jobRoutes(plain: FastifyInstance, { jobs, clock }: JobRouteOptions): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ["Jobs"];
  const read = { access: { role: "scientist", scope: "read" } } as const;
  const change = { access: { role: "scientist", scope: "write" } } as const;

  app.post(
    "/v1/jobs",
    {
      config: change,
      schema: {
        tags,
        summary: "Predict every row of a version of a dataset",
        description:
          "The version that an alias names is fixed now. With dryRun nothing is submitted, and the answer is 200.",
        body: JobBody,
        response: { ...answers(201, JobSchema), 200: PlanSchema },
      },
    },
    async (request, reply) => {
      const { model, version, dataset, datasetVersion, inputs = {}, carry, format = "parquet", dryRun } = request.body;
      const asked: JobRequest = {
        model,
        version,
        dataset: datasetVersion === undefined ? { dataset } : { dataset, version: datasetVersion },
        inputs,
        carry,
        format,
      };
      const { user } = callerOf(request);
      if (dryRun === true) return reply.code(200).send(shownPlan(await jobs.plan(asked, user)));
      const record = await jobs.submit(asked, user);
      return reply.code(201).header("location", `/v1/jobs/${record.id}`).send(shown(record));
    },
  );

  app.get(
    "/v1/jobs",
    {
      config: read,
      schema: {
        tags,
        summary: "Jobs, newest first: one's own, or everybody's for operators",
        querystring: JobsQuery,
        response: answers(200, JobsSchema),
      },
    },
    async (request) => {
      const { offset = 0, limit = DEFAULT_PAGE_JOBS, state, model, dataset, user } = request.query;
      const found = await jobs.jobs({ state, model, dataset, user }, { offset, limit }, callerOf(request));
      return { total: found.total, jobs: found.jobs.map(shown) };
    },
  );

  app.get(
    "/v1/jobs/:job",
    {
      config: read,
      schema: { tags, summary: "How far a job is", params: JobParams, response: answers(200, JobSchema) },
    },
    async (request) => shown(await jobs.job(request.params.job, callerOf(request))),
  );

  app.post(
    "/v1/jobs/:job/cancel",
    {
      config: change,
      schema: {
        tags,
        summary: "Cancel a job; it stays in the list",
        params: JobParams,
        response: answers(200, JobSchema),
      },
    },
    async (request) => shown(await jobs.cancel(request.params.job, callerOf(request))),
  );

  app.delete(
    "/v1/jobs/:job",
    {
      config: change,
      schema: {
        tags,
        summary: "Delete a job with its result; one that runs is cancelled",
        params: JobParams,
        response: answers(204),
      },
    },
    async (request, reply) => {
      await jobs.remove(request.params.job, callerOf(request));
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/v1/jobs/:job/result",
    {
      config: read,
      schema: {
        tags,
        summary: "Download the result: as many rows as the dataset has, in the same order",
        produces: Object.values(CONTENT_TYPE),
        params: JobParams,
        response: { ...answers(200, Type.Any()), 206: Type.Any() },
      },
    },
    async (request, reply) => {
      const { record, path } = await jobs.result(request.params.job, callerOf(request));
      // A result never changes, and no other has its id.
      if (sentUnchanged(request, reply, `"${record.result}"`, "immutable")) return reply;
      const { format } = record.plan;
      return sendFile(request, reply, {
        bytes: (await stat(path)).size,
        type: CONTENT_TYPE[format],
        name: `${record.dataset}-${record.model}-${record.id}.${format}`,
        read: (part) => createReadStream(path, part),
      });
    },
  );

  function shown(record: JobRecord) {
    return shownJob(record, clock.now());
  }
}

/** A job as it is told, at a time in milliseconds since the epoch. */
export function shownJob(record: JobRecord, now: number) {
  const { id, user, state, rowsDone, rowsFailed, createdAt } = record;
  const left = remainingMs(record);
  return {
    id,
    user,
    state,
    reason: record.reason ?? null,
    ...shownPlan(record),
    rowsDone,
    rowsFailed,
    rate: record.rate ?? null,
    expectedEnd: left === undefined ? null : toInstant(now + Math.round(left)),
    createdAt,
    startedAt: record.startedAt ?? null,
    endedAt: record.endedAt ?? null,
    expiresAt: record.expiresAt ?? null,
  };
}

function shownPlan({ model, version, dataset, datasetVersion, rowsTotal, plan }: JobDraft) {
  return {
    model,
    version,
    dataset,
    datasetVersion,
    format: plan.format,
    inputs: plan.inputs.map(({ input, datatype, columns }) => ({ input, datatype, columns: [...columns] })),
    outputs: plan.outputs.map(({ output, column }) => ({ output, column })),
    carry: [...plan.carry],
    errorColumn: plan.errorColumn,
    rowsTotal,
  };
}
