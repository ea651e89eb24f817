import { type Clock, MusterError, toInstant } from "@muster/kernel";
import type { Column, Detection } from "./column.ts";
import type { DataEngine, ExportOrder, Hint, NamedTable, Page, Relation, RowSet } from "./data-engine.ts";
import type { DatasetFiles } from "./dataset-files.ts";
import type { DatasetStore, DatasetVersionRecord, ResultRecord, UploadRecord } from "./dataset-store.ts";
import { type ColumnDrift, judgeDrift } from "./drift.ts";
import type { DataLimits } from "./limits.ts";
import { judgeQuality } from "./quality.ts";

/** A version of a dataset, or the newest that passed its rules. */
export interface DatasetReference {
  readonly dataset: string;
  readonly version?: number;
}

export interface VersionRequest {
  readonly upload: string;
  /** As detected when undefined. */
  readonly columns: readonly Column[] | undefined;
  readonly maxRejectedShare: number;
}

export interface QueryRequest {
  readonly sql: string;
  readonly datasets: readonly (DatasetReference & { readonly as?: string })[];
  readonly limit: number;
}

export interface QueryReply extends Page {
  readonly id: string;
  readonly totalRows: number;
  readonly elapsedMs: number;
  readonly expiresAt: string;
}

export type DriftSide = DatasetReference & { readonly where?: string };

/** A file to send; whoever sent it discards it. */
export interface ExportedFile {
  readonly path: string;
  readonly discard: () => Promise<void>;
}

/** What can be exported. Equal identities give equal bytes. */
export interface Exportable {
  readonly identity: string;
  /** Writes the file. */
  write(): Promise<ExportedFile>;
}

export interface DatasetsParts {
  readonly store: DatasetStore;
  readonly files: DatasetFiles;
  readonly engine: DataEngine;
  readonly limits: DataLimits;
  readonly clock: Clock;
}

/** What people do with data. */
export interface Datasets {
  /** Stores a file and says what is in it. */
  upload(dataset: string, content: AsyncIterable<Uint8Array>, hint: Hint, actor: string): Promise<UploadRecord>;
  /** Makes a version of an upload: its good rows become a table, the others are kept with their reasons. */
  createVersion(dataset: string, request: VersionRequest, actor: string): Promise<DatasetVersionRecord>;
  version(reference: DatasetReference): Promise<DatasetVersionRecord>;
  deleteVersions(dataset: string, version: number | undefined, actor: string): Promise<void>;
  exportVersion(reference: DatasetReference, relation: Relation, format: ExportOrder["format"]): Promise<Exportable>;
  query(request: QueryRequest, user: string, signal?: AbortSignal): Promise<QueryReply>;
  resultPage(id: string, user: string, page: { readonly offset: number; readonly limit: number }): Promise<QueryReply>;
  exportResult(id: string, user: string, format: ExportOrder["format"]): Promise<Exportable>;
  deleteResult(id: string, user: string): Promise<void>;
  drift(
    reference: DriftSide,
    current: DriftSide,
    columns: readonly string[] | undefined,
    signal?: AbortSignal,
  ): Promise<readonly ColumnDrift[]>;
  /** Removes what has expired and what nothing needs. */
  sweep(): Promise<void>;
}

/** A file that nothing needs may belong to work that is under way for at most this long. */
const WORK_WITHIN_MS = 3_600_000;
/** How long an upload waits to become a version. */
const KEEP_UPLOADS_MS = 7 * 86_400_000;

export function createDatasets({ store, files, engine, limits, clock }: DatasetsParts): Datasets {
  async function version({ dataset, version: number }: DatasetReference): Promise<DatasetVersionRecord> {
    const record = await store.version(dataset, number);
    if (record) return record;
    const what = number === undefined ? "no version that passed its rules" : `no version ${number}`;
    throw new MusterError("not-found", `dataset "${dataset}" has ${what}`);
  }

  /** Results are of those who asked. To others they do not exist. */
  async function ownResult(id: string, user: string): Promise<ResultRecord> {
    const record = await store.result(id, toInstant(clock.now()));
    if (record?.user === user) return record;
    throw new MusterError(
      "not-found",
      `there is no result ${id}; results are kept for ${limits.keepResultMs / 60_000} min`,
    );
  }

  function exportable(table: string, relation: Relation, format: ExportOrder["format"]): Exportable {
    return {
      // Tables never change, and the engine writes rows in their order.
      identity: `${table} ${relation} ${format}`,
      async write() {
        const target = await files.workPath();
        const discard = (): Promise<void> => files.discard(target);
        try {
          await engine.export({ file: await files.tablePath(table), relation, format, target });
        } catch (error) {
          await discard();
          throw error;
        }
        return { path: target, discard };
      },
    };
  }

  async function rowSet({ where, ...reference }: DriftSide): Promise<RowSet> {
    return { file: await files.tablePath((await version(reference)).table), where };
  }

  return {
    version,

    async upload(dataset, content, hint, actor) {
      const stored = await files.putUpload(content, limits.maxUploadBytes);
      const detection = await engine.detect(await files.uploadPath(stored.digest), hint);
      return store.addUpload({ dataset, ...stored, detection }, actor);
    },

    async createVersion(dataset, request, actor) {
      const upload = await store.upload(dataset, request.upload);
      if (!upload) throw new MusterError("not-found", `dataset "${dataset}" has no upload ${request.upload}`);
      const columns = request.columns ?? upload.detection.columns;
      checkColumns(columns, upload.detection);
      const work = await files.workPath();
      try {
        const measures = await engine.ingest({
          source: await files.uploadPath(upload.digest),
          table: work,
          detection: upload.detection,
          columns,
        });
        const gate = { maxRejectedShare: request.maxRejectedShare, now: clock.now() };
        const report = judgeQuality(measures, columns, gate);
        const table = await files.keepTable(work);
        const { digest, bytes } = upload;
        return await store.addVersion({ dataset, digest, bytes, columns, report, table }, actor);
      } finally {
        await files.discard(work);
      }
    },

    async deleteVersions(dataset, number, actor) {
      const deleted = await store.deleteVersions(dataset, number, actor);
      if (deleted.length === 0) {
        const what = number === undefined ? "no version" : `no version ${number}`;
        throw new MusterError("not-found", `dataset "${dataset}" has ${what}`);
      }
      for (const { table } of deleted) await files.removeTable(table);
    },

    async exportVersion(reference, relation, format) {
      return exportable((await version(reference)).table, relation, format);
    },

    async query({ sql, datasets, limit }, user, signal) {
      const tables: NamedTable[] = [];
      for (const { as, ...reference } of datasets) {
        const { table } = await version(reference);
        tables.push({ name: as ?? reference.dataset, file: await files.tablePath(table) });
      }
      const names = new Set(tables.map(({ name }) => name));
      if (names.size !== tables.length) throw new MusterError("query-refused", "two tables have the same name");
      const work = await files.workPath();
      try {
        const { totalRows, elapsedMs, ...page } = await engine.query({ tables, sql, result: work, limit }, signal);
        const id = await files.keepTable(work);
        const expiresAt = toInstant(clock.now() + limits.keepResultMs);
        await store.addResult({ id, user, columns: page.columns, totalRows, expiresAt });
        return { id, ...page, totalRows, elapsedMs, expiresAt };
      } finally {
        await files.discard(work);
      }
    },

    async resultPage(id, user, { offset, limit }) {
      const { totalRows, expiresAt } = await ownResult(id, user);
      const begun = clock.now();
      const page = await engine.page({ file: await files.tablePath(id), relation: "result", offset, limit });
      return { id, ...page, totalRows, elapsedMs: clock.now() - begun, expiresAt };
    },

    async exportResult(id, user, format) {
      await ownResult(id, user);
      return exportable(id, "result", format);
    },

    async deleteResult(id, user) {
      await ownResult(id, user);
      await store.deleteResult(id);
      await files.removeTable(id);
    },

    async drift(reference, current, columns, signal) {
      const order = { reference: await rowSet(reference), current: await rowSet(current), columns };
      return (await engine.drift(order, signal)).map(judgeDrift);
    },

    async sweep() {
      const now = clock.now();
      await store.forget(toInstant(now), toInstant(now - KEEP_UPLOADS_MS));
      await files.removeUnused(await store.filesInUse(), now - WORK_WITHIN_MS);
    },
  };
}

function checkColumns(columns: readonly Column[], detection: Detection): void {
  const detected = new Set(detection.columns.map(({ name }) => name));
  const problems = columns
    .map(({ name }, index) => ({ path: `columns.${index}.name`, message: `the file has no column "${name}"`, name }))
    .filter(({ name }) => !detected.has(name))
    .map(({ path, message }) => ({ path, message }));
  if (columns.length === 0) problems.push({ path: "columns", message: "must name at least one column" });
  if (new Set(columns.map(({ name }) => name)).size !== columns.length) {
    problems.push({ path: "columns", message: "names a column twice" });
  }
  if (problems.length > 0) throw new MusterError("invalid-request", "the columns do not hold", { problems });
}
