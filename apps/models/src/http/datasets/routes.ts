import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { MusterError } from "@muster/kernel";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import type { CsvDialect, Format } from "../../domain/dataset/column.ts";
import type { ExportOrder } from "../../domain/dataset/data-engine.ts";
import type { DatasetStore, DatasetVersionRecord } from "../../domain/dataset/dataset-store.ts";
import type { Datasets, Exportable } from "../../domain/dataset/datasets.ts";
import { callerOf } from "../access/guard.ts";
import { answers } from "../answers.ts";
import { strongTag } from "../delivery/entity-tag.ts";
import { sendFile, sentUnchanged } from "../delivery/send-file.ts";
import {
  DatasetParams,
  DatasetSchema,
  DriftBody,
  DriftSchema,
  ExportQuery,
  PageQuery,
  QueryBody,
  ResultParams,
  ResultSchema,
  UploadParams,
  UploadQuery,
  UploadSchema,
  VersionBody,
  VersionParams,
  VersionSchema,
} from "./schemas.ts";

const FORMAT_OF: Readonly<Record<string, Format | undefined>> = {
  "text/csv": "csv",
  "application/x-ndjson": "jsonl",
  "application/jsonl": "jsonl",
  "application/vnd.apache.parquet": "parquet",
  "application/octet-stream": undefined,
};
const CONTENT_TYPE = { csv: "text/csv; charset=utf-8", parquet: "application/vnd.apache.parquet" } as const;
const DEFAULT_REJECTED_SHARE = 0.05;
const DEFAULT_PAGE_ROWS = 100;

export interface DatasetRouteOptions {
  readonly datasets: Datasets;
  readonly store: DatasetStore;
}

/** Datasets, questions about them, and drift between them. */
export async function datasetRoutes(plain: FastifyInstance, { datasets, store }: DatasetRouteOptions): Promise<void> {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>();
  // Files go to the disk as they come; nothing of them is kept in memory.
  app.addContentTypeParser(Object.keys(FORMAT_OF), (_request, payload, done) => done(null, payload));
  const tags = ["Data"];
  const read = { access: { role: "viewer", scope: "read" } } as const;
  const kept = { ...read, kept: "private" } as const;
  const ask = { access: { role: "scientist", scope: "read" } } as const;
  const change = { access: { role: "scientist", scope: "write" } } as const;

  app.get(
    "/v1/datasets",
    { config: kept, schema: { tags, summary: "Datasets", response: answers(200, Type.Array(DatasetSchema)) } },
    async () => (await store.datasets()).map(({ current, ...dataset }) => ({ ...dataset, current: current ?? null })),
  );

  app.delete(
    "/v1/datasets/:dataset",
    {
      config: change,
      schema: {
        tags,
        summary: "Delete every version and upload of a dataset",
        params: DatasetParams,
        response: answers(204),
      },
    },
    async (request, reply) => {
      await datasets.deleteVersions(request.params.dataset, undefined, callerOf(request).user);
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/v1/datasets/:dataset/uploads",
    {
      config: change,
      schema: {
        tags,
        summary: "Send a file as the body and see what is in it; make a version of it next",
        description: "Content-Type: text/csv, application/x-ndjson or application/vnd.apache.parquet.",
        consumes: Object.keys(FORMAT_OF),
        params: DatasetParams,
        querystring: UploadQuery,
        response: answers(201, UploadSchema),
      },
    },
    async (request, reply) => {
      const { format: asked, ...csv } = request.query;
      const format = asked ?? formatOf(request);
      const hint = { format, csv: csv as Partial<CsvDialect> };
      const { dataset } = request.params;
      const record = await datasets.upload(dataset, bodyOf(request), hint, callerOf(request).user);
      return reply.code(201).header("location", `/v1/datasets/${dataset}/uploads/${record.id}`).send(record);
    },
  );

  app.get(
    "/v1/datasets/:dataset/uploads/:upload",
    {
      config: kept,
      schema: { tags, summary: "What is in an upload", params: UploadParams, response: answers(200, UploadSchema) },
    },
    async ({ params: { dataset, upload } }) => {
      const record = await store.upload(dataset, upload);
      if (!record) throw new MusterError("not-found", `dataset "${dataset}" has no upload ${upload}`);
      return record;
    },
  );

  app.post(
    "/v1/datasets/:dataset/versions",
    {
      config: change,
      schema: {
        tags,
        summary: "Make a version of an upload, with corrected types and rules",
        description: "A version that does not pass its rules is made too, but is only used where it is named.",
        params: DatasetParams,
        body: VersionBody,
        response: answers(201, VersionSchema),
      },
    },
    async (request, reply) => {
      const { dataset } = request.params;
      const { upload, columns, maxRejectedShare = DEFAULT_REJECTED_SHARE } = request.body;
      const record = await datasets.createVersion(
        dataset,
        { upload, columns, maxRejectedShare },
        callerOf(request).user,
      );
      return reply
        .code(201)
        .header("location", `/v1/datasets/${dataset}/versions/${record.version}`)
        .send(shownVersion(record));
    },
  );

  app.get(
    "/v1/datasets/:dataset/versions",
    {
      config: kept,
      schema: {
        tags,
        summary: "Versions, newest first",
        params: DatasetParams,
        response: answers(200, Type.Array(VersionSchema)),
      },
    },
    async ({ params: { dataset } }) => {
      const versions = await store.versions(dataset);
      if (versions.length === 0) throw new MusterError("not-found", `no dataset is called "${dataset}"`);
      return versions.map(shownVersion);
    },
  );

  app.get(
    "/v1/datasets/:dataset/versions/:version",
    {
      config: kept,
      schema: {
        tags,
        summary: "A version and how good it is",
        params: VersionParams,
        response: answers(200, VersionSchema),
      },
    },
    async ({ params }) => shownVersion(await datasets.version(params)),
  );

  app.delete(
    "/v1/datasets/:dataset/versions/:version",
    { config: change, schema: { tags, summary: "Delete a version", params: VersionParams, response: answers(204) } },
    async (request, reply) => {
      const { dataset, version } = request.params;
      await datasets.deleteVersions(dataset, version, callerOf(request).user);
      return reply.code(204).send(null);
    },
  );

  for (const [path, relation, summary] of [
    ["rows", "data", "Download the rows of a version"],
    ["rejected", "rejected", "Download the rows that were rejected, with their lines and the reasons"],
  ] as const) {
    app.get(
      `/v1/datasets/:dataset/versions/:version/${path}`,
      {
        config: read,
        schema: {
          tags,
          summary,
          produces: Object.values(CONTENT_TYPE),
          params: VersionParams,
          querystring: ExportQuery,
          response: { ...answers(200, Type.Any()), 206: Type.Any() },
        },
      },
      async (request, reply) => {
        const { params, query } = request;
        const { format = "csv" } = query;
        const exported = await datasets.exportVersion(params, relation, format);
        return sendExport(request, reply, exported, format, `${params.dataset}-${params.version}-${path}`);
      },
    );
  }

  app.post(
    "/v1/queries",
    {
      config: ask,
      schema: {
        tags,
        summary: "Ask a question in SQL; the result is kept for a while to be paged and downloaded",
        body: QueryBody,
        response: answers(201, ResultSchema),
      },
    },
    async (request, reply) => {
      const { limit = DEFAULT_PAGE_ROWS, ...query } = request.body;
      const result = await datasets.query({ ...query, limit }, callerOf(request).user, whileConnected(reply));
      return reply.code(201).header("location", `/v1/queries/${result.id}`).send(shownResult(result));
    },
  );

  app.get(
    "/v1/queries/:query",
    {
      config: ask,
      schema: {
        tags,
        summary: "A page of a result",
        params: ResultParams,
        querystring: PageQuery,
        response: answers(200, ResultSchema),
      },
    },
    async (request) => {
      const { offset = 0, limit = DEFAULT_PAGE_ROWS } = request.query;
      return shownResult(await datasets.resultPage(request.params.query, callerOf(request).user, { offset, limit }));
    },
  );

  app.get(
    "/v1/queries/:query/export",
    {
      config: ask,
      schema: {
        tags,
        summary: "Download a result",
        produces: Object.values(CONTENT_TYPE),
        params: ResultParams,
        querystring: ExportQuery,
        response: { ...answers(200, Type.Any()), 206: Type.Any() },
      },
    },
    async (request, reply) => {
      const { format = "csv" } = request.query;
      const exported = await datasets.exportResult(request.params.query, callerOf(request).user, format);
      return sendExport(request, reply, exported, format, "result");
    },
  );

  app.delete(
    "/v1/queries/:query",
    { config: ask, schema: { tags, summary: "Delete a result", params: ResultParams, response: answers(204) } },
    async (request, reply) => {
      await datasets.deleteResult(request.params.query, callerOf(request).user);
      return reply.code(204).send(null);
    },
  );

  app.post(
    "/v1/drift",
    {
      config: ask,
      schema: {
        tags,
        summary: "How far columns have moved from a reference; the size of the effect first",
        body: DriftBody,
        response: answers(200, DriftSchema),
      },
    },
    async ({ body: { reference, current, columns } }, reply) => ({
      columns: [...(await datasets.drift(reference, current, columns, whileConnected(reply)))],
    }),
  );
}

function formatOf({ headers }: FastifyRequest): Format {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const format = FORMAT_OF[type];
  if (format !== undefined) return format;
  throw new MusterError(
    "unsupported-media",
    "send Content-Type: text/csv, application/x-ndjson or application/vnd.apache.parquet, or name the format",
  );
}

/** The body as it comes; another content type was read already. */
function bodyOf({ body }: FastifyRequest): AsyncIterable<Uint8Array> {
  if (typeof body === "object" && body !== null && Symbol.asyncIterator in body) return body as Readable;
  throw new MusterError("unsupported-media", "send the file as the body, as text/csv, application/x-ndjson or Parquet");
}

/** Aborted when the caller goes away before the answer is out. */
function whileConnected(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Sends what is exported, or nothing where the caller has it; the file is there only while it is sent. */
async function sendExport(
  request: FastifyRequest,
  reply: FastifyReply,
  { identity, write }: Exportable,
  format: ExportOrder["format"],
  name: string,
): Promise<FastifyReply> {
  if (sentUnchanged(request, reply, strongTag(identity), "revalidated")) return reply;
  const { path, discard } = await write();
  // Whoever went away while it was written closes nothing any more.
  if (reply.raw.closed) await discard();
  else reply.raw.once("close", () => void discard());
  const { size } = await stat(path);
  return sendFile(request, reply, {
    bytes: size,
    type: CONTENT_TYPE[format],
    name: `${name}.${format}`,
    read: (part) => createReadStream(path, part),
  });
}

/** Without the name of its file. */
function shownVersion(record: DatasetVersionRecord) {
  const { dataset, version, digest, bytes, columns, report, createdAt, createdBy } = record;
  return { dataset, version, digest, bytes, columns: [...columns], report, createdAt, createdBy };
}

function shownResult<
  Result extends { readonly columns: readonly object[]; readonly rows: readonly (readonly unknown[])[] },
>({ columns, rows, ...result }: Result) {
  return { ...result, columns: [...columns] as { name: string; type: string }[], rows: rows.map((row) => [...row]) };
}
