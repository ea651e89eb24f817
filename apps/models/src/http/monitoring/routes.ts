import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { type Clock, MusterError, toInstant } from "@muster/kernel";
import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { Monitoring } from "../../domain/monitoring/monitoring.ts";
import type { MonitoringStore } from "../../domain/monitoring/monitoring-store.ts";
import type { ToldTruth } from "../../domain/monitoring/truth.ts";
import { callerOf } from "../access/guard.ts";
import { answers } from "../answers.ts";
import { expectedRevision } from "../registry/revision.ts";
import { readCsv } from "../rows/csv.ts";
import {
  AccuracyQuery,
  AccuracySchema,
  AgreementSchema,
  AcknowledgeBody,
  AlarmParams,
  AlarmQuery,
  AlarmSchema,
  AlarmsSchema,
  ChangeBody,
  DeletedSchema,
  DeleteQuery,
  DriftQuery,
  DriftSchema,
  ModelParams,
  SettingsSchema,
  TruthBody,
  TruthReplySchema,
} from "./schemas.ts";

export interface MonitoringRouteOptions {
  readonly monitoring: Monitoring;
  readonly store: MonitoringStore;
  readonly clock: Clock;
}

const PAGE = 50;

/** Drift, alarms and live accuracy: whether the world is still the one that a model learnt. */
export async function monitoringRoutes(
  plain: FastifyInstance,
  { monitoring, store, clock }: MonitoringRouteOptions,
): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ["Monitoring"];
  const read = { access: { role: "viewer", scope: "read" } } as const;
  const operate = { access: { role: "operator", scope: "write" } } as const;
  const tell = { access: { role: "scientist", scope: "write" } } as const;

  app.get(
    "/v1/models/:model/monitoring",
    {
      config: { ...read, kept: "private" },
      schema: {
        tags,
        summary: "What is watched of a model",
        params: ModelParams,
        response: answers(200, SettingsSchema),
      },
    },
    async (request, reply) => {
      const view = await monitoring.settings(request.params.model);
      return reply.header("etag", `"${view.revision}"`).send(plainly(view));
    },
  );
  app.put(
    "/v1/models/:model/monitoring",
    {
      config: operate,
      schema: {
        tags,
        summary: "Record a share of a model's predictions and compare them with a reference; what is absent stays",
        params: ModelParams,
        headers: Type.Object({
          "if-match": Type.Optional(Type.String()),
          "if-none-match": Type.Optional(Type.String()),
        }),
        body: ChangeBody,
        response: answers(200, SettingsSchema),
      },
    },
    async (request, reply) => {
      const { model } = request.params;
      const view = await monitoring.change(model, request.body, expectedRevision(request), callerOf(request).user);
      return reply.header("etag", `"${view.revision}"`).send(plainly(view));
    },
  );
  app.get(
    "/v1/models/:model/drift",
    {
      config: read,
      schema: {
        tags,
        summary: "How far inputs and predictions have moved from the reference, window by window, newest first",
        params: ModelParams,
        querystring: DriftQuery,
        response: answers(200, DriftSchema),
      },
    },
    async (request) => {
      const { model } = request.params;
      const { from, before, column, bins = false, limit = PAGE } = request.query;
      await store.settingsOf(model);
      const windows = await store.windows(model, {
        limit,
        ...(from === undefined ? {} : { from }),
        ...(before === undefined ? {} : { before }),
      });
      return {
        model,
        windows: windows.map(({ model: _model, ...window }) => ({
          ...window,
          columns: window.columns
            .filter((each) => column === undefined || each.column === column)
            .map((each) => plainly({ ...each, bins: bins ? each.bins : [] })),
        })),
        next: windows.length < limit ? null : (windows.at(-1)?.from ?? null),
      };
    },
  );
  app.get(
    "/v1/alarms",
    {
      config: read,
      schema: {
        tags,
        summary: "Alarms of all models, newest first",
        querystring: AlarmQuery,
        response: answers(200, AlarmsSchema),
      },
    },
    async (request) => {
      const { limit = PAGE, ...filter } = request.query;
      const alarms = await store.alarms({ ...filter, limit });
      return { alarms: [...alarms], next: alarms.length < limit ? null : (alarms.at(-1)?.id ?? null) };
    },
  );
  app.post(
    "/v1/alarms/:alarm/acknowledge",
    {
      config: operate,
      // A note is not needed, and so neither is a body.
      preValidation(request, _reply, done) {
        request.body ??= {};
        done();
      },
      schema: {
        tags,
        summary: "Say that somebody has seen an alarm; it stays until the column is back",
        params: AlarmParams,
        body: AcknowledgeBody,
        response: answers(200, AlarmSchema),
      },
    },
    async (request) => ({
      ...(await store.acknowledge(
        request.params.alarm,
        request.body.note ?? null,
        callerOf(request).user,
        clock.now(),
      )),
    }),
  );
  app.get(
    "/v1/models/:model/accuracy",
    {
      config: read,
      schema: {
        tags,
        summary: "How good predictions turned out to be, by window and version, newest first",
        params: ModelParams,
        querystring: AccuracyQuery,
        response: answers(200, AccuracySchema),
      },
    },
    async (request) => {
      const { model } = request.params;
      const { from, before, limit = PAGE } = request.query;
      return { model, ...plainly(await monitoring.accuracy(model, { from, before, limit })) };
    },
  );
  app.get(
    "/v1/models/:model/agreement",
    {
      config: read,
      schema: {
        tags,
        summary: "How challengers agreed with champions in the shadow, over all replicas, by window, newest first",
        params: ModelParams,
        querystring: AccuracyQuery,
        response: answers(200, AgreementSchema),
      },
    },
    async (request) => {
      const { model } = request.params;
      const { from, before, limit = PAGE } = request.query;
      return { model, ...plainly(await monitoring.agreement(model, { from, before, limit })) };
    },
  );
  app.delete(
    "/v1/models/:model/predictions",
    {
      config: operate,
      schema: {
        tags,
        summary: "Delete what was recorded of a model: all of it, or what is older than `before`",
        params: ModelParams,
        querystring: DeleteQuery,
        response: answers(200, DeletedSchema),
      },
    },
    async (request) => {
      const before = request.query.before ?? toInstant(clock.now() + 1);
      return { deleted: await monitoring.deleteRecords(request.params.model, before, callerOf(request).user) };
    },
  );

  await app.register(async (told) => {
    told.addContentTypeParser("text/csv", { parseAs: "string" }, (_, body, done) => {
      try {
        done(null, truthsOf(body as string));
      } catch (error) {
        done(error as Error);
      }
    });
    told.withTypeProvider<TypeBoxTypeProvider>().post(
      "/v1/models/:model/truth",
      {
        config: tell,
        schema: {
          tags,
          summary: "Say what turned out to be true of predictions, by their ids; doing it again changes nothing",
          params: ModelParams,
          body: TruthBody,
          response: answers(200, TruthReplySchema),
        },
      },
      async (request) => {
        const truths = request.body.truths.map(({ id, row, value }): ToldTruth => ({ id, row, value }));
        return plainly(await monitoring.tell(request.params.model, truths, callerOf(request).user));
      },
    );
  });
}

/** Truths of a CSV file with the columns `id`, `value` and perhaps `row`; further columns are not read. */
function truthsOf(text: string): { readonly truths: readonly unknown[] } {
  const { columns, rows } = readCsv(text);
  const [id, row, value] = ["id", "row", "value"].map((name) => columns.indexOf(name)) as [number, number, number];
  const problems = [
    ...(id === -1 ? [{ path: "columns", message: 'has no "id"' }] : []),
    ...(value === -1 ? [{ path: "columns", message: 'has no "value"' }] : []),
    ...rows.flatMap((cells, index) =>
      cells.length === columns.length
        ? []
        : [{ path: `row ${index}`, message: `has ${cells.length} cells where there are ${columns.length} columns` }],
    ),
  ].slice(0, 100);
  if (problems.length > 0) throw new MusterError("invalid-request", "the CSV does not hold", { problems });
  const truths = rows.map((cells) => ({
    id: String(cells[id]),
    ...(row === -1 || cells[row] === null ? {} : { row: cells[row] }),
    value: cells[value],
  }));
  return { truths };
}

/** The same for the serialiser, whose types know no read-only lists. */
function plainly<T>(value: T): Writable<T> {
  return value as Writable<T>;
}

type Writable<T> = T extends readonly (infer Each)[]
  ? Writable<Each>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Writable<T[Key]> }
    : T;
