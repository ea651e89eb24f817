import { type Clock, type Instant, MusterError, toInstant } from "@muster/kernel";
import type { FastifyRequest } from "fastify";
import type { IdentityStore, UserRecord } from "../../domain/access/identity-store.ts";
import type { ResponseCache } from "../../domain/cache/response-cache.ts";
import { DATASET_NAME_PATTERN } from "../../domain/dataset/column.ts";
import type { DatasetStore, DatasetSummary, DatasetVersionRecord } from "../../domain/dataset/dataset-store.ts";
import type { Datasets } from "../../domain/dataset/datasets.ts";
import { type ModelCard, MODEL_NAME_PATTERN } from "../../domain/model/card.ts";
import type { JobState } from "../../domain/jobs/job.ts";
import type { Jobs } from "../../domain/jobs/jobs.ts";
import type { AlarmState } from "../../domain/monitoring/alarm.ts";
import type { MonitoringStore } from "../../domain/monitoring/monitoring-store.ts";
import { MAX_USAGE_HOURS, type Usage, type UsageGroup, type UsageRow } from "../../domain/observability/usage.ts";
import type { AliasRecord, Registry, Snapshot, VersionRecord } from "../../domain/registry/registry.ts";
import type { Shadow, ShadowStatistics } from "../../domain/traffic/shadow.ts";
import { NO_TRAFFIC } from "../../domain/traffic/traffic.ts";
import { callerOf } from "../access/guard.ts";
import { shownStatistics } from "../cache/routes.ts";
import { shownJob } from "../jobs/routes.ts";

const MODEL_NAME = new RegExp(MODEL_NAME_PATTERN);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INSTANT = /^\d{4}-\d\d-\d\dT/;
const MAX_OFFSET = 1_000_000;
const DATASET_NAME = new RegExp(DATASET_NAME_PATTERN);

/** What is read: the same ports that REST reads. */
export interface ReadableParts {
  readonly registry: Registry;
  readonly shadow: Shadow;
  readonly datasets: Datasets;
  readonly datasetStore: DatasetStore;
  readonly identities: IdentityStore;
  /** Absent where answers are not remembered. */
  readonly cache: ResponseCache | undefined;
  readonly usage: Usage;
  readonly jobs: Jobs;
  readonly monitoring: MonitoringStore;
  readonly clock: Clock;
}

/** What belongs to one request. */
export interface QueryContext {
  readonly request: FastifyRequest;
  /** The registry as it was when the request first asked for it. */
  readonly snapshot: () => Promise<Snapshot>;
}

interface Page {
  readonly first: number;
  readonly after?: string | null;
}

interface NumberedPage {
  readonly first: number;
  readonly before?: number | null;
}

interface JobsArguments {
  readonly first: number;
  readonly offset: number;
  readonly state?: JobState | null;
  readonly model?: string | null;
  readonly dataset?: string | null;
}

interface DriftArguments {
  readonly model: string;
  readonly first: number;
  readonly before?: unknown;
}

interface AlarmArguments {
  readonly model?: string | null;
  readonly state?: AlarmState | null;
  readonly first: number;
  readonly after?: string | null;
}

interface UsageArguments {
  readonly hours: number;
  readonly by: "caller_and_route" | Exclude<UsageGroup, "caller-and-route">;
  readonly caller?: string | null;
  readonly route?: string | null;
  readonly first: number;
}

interface Named {
  readonly name: string;
}

/** How fields are answered that are not simply members of what is above them. */
export function createResolvers(parts: ReadableParts) {
  const { registry, datasets, datasetStore, identities, cache, usage, shadow, jobs, monitoring, clock } = parts;

  return {
    Query: {
      me: (_: unknown, __: unknown, { request }: QueryContext) => callerOf(request),
      async models(_: unknown, page: Page, { snapshot }: QueryContext) {
        const { versions } = await snapshot();
        const names = [...new Set(versions.map(({ model }) => model))].toSorted();
        return pageOf(
          names.map((name) => ({ name })),
          page,
        );
      },
      async model(_: unknown, { name }: Named, { snapshot }: QueryContext) {
        const { versions } = await snapshot();
        return versions.some(({ model }) => model === name) ? { name } : null;
      },
      async version(_: unknown, { model, version }: { readonly model: string; readonly version: string }) {
        if (!MODEL_NAME.test(model)) return null;
        const record = await registry.version(model, version);
        return record ? shownVersion(record) : null;
      },
      async datasets(_: unknown, page: Page) {
        return pageOf((await datasetStore.datasets()).map(shownDataset), page);
      },
      async dataset(_: unknown, { name }: Named) {
        const summary = (await datasetStore.datasets()).find((each) => each.name === name);
        return summary ? shownDataset(summary) : null;
      },
      async datasetVersion(
        _: unknown,
        { dataset, version }: { readonly dataset: string; readonly version?: number | null },
      ) {
        if (!DATASET_NAME.test(dataset)) throw new MusterError("not-found", "no dataset has such a name");
        return shownDatasetVersion(
          await datasets.version({ dataset, ...(typeof version === "number" ? { version } : {}) }),
        );
      },
      cache: () => (cache === undefined ? null : shownStatistics(cache, undefined)),
      async jobs(_: unknown, { first, offset, ...filter }: JobsArguments, { request }: QueryContext) {
        const from = within("offset", offset, 0, MAX_OFFSET);
        const { state, model, dataset } = filter;
        const wanted = { state: state ?? undefined, model: model ?? undefined, dataset: dataset ?? undefined };
        const page = { offset: from, limit: first };
        const found = await jobs.jobs({ ...wanted, user: undefined }, page, callerOf(request));
        return { nodes: found.jobs.map((job) => shownJob(job, clock.now())), total: found.total };
      },
      async job(_: unknown, { id }: { readonly id: string }, { request }: QueryContext) {
        return shownJob(await jobs.job(identifier("id", id), callerOf(request)), clock.now());
      },
      async drift(_: unknown, { model, first, before }: DriftArguments) {
        if (!MODEL_NAME.test(model)) throw new MusterError("not-found", "no model has such a name");
        await monitoring.settingsOf(model);
        const windows = await monitoring.windows(model, {
          limit: first,
          ...(before === null || before === undefined ? {} : { before: instant("before", before) }),
        });
        return { nodes: windows, next: windows.length < first ? null : (windows.at(-1)?.from ?? null) };
      },
      async alarms(_: unknown, { model, state, first, after }: AlarmArguments) {
        const alarms = await monitoring.alarms({
          limit: first,
          ...(typeof model === "string" ? { model } : {}),
          ...(typeof state === "string" ? { state } : {}),
          ...(typeof after === "string" ? { after: identifier("after", after) } : {}),
        });
        return { nodes: alarms, next: alarms.length < first ? null : (alarms.at(-1)?.id ?? null) };
      },
      usage(_: unknown, { hours, by, caller, route, first }: UsageArguments): readonly UsageRow[] {
        const question = {
          hours: within("hours", hours, 1, MAX_USAGE_HOURS),
          by: by === "caller_and_route" ? "caller-and-route" : by,
          ...(typeof caller === "string" ? { caller } : {}),
          ...(typeof route === "string" ? { route } : {}),
        } as const;
        return usage.rows(question).slice(0, first);
      },
      async audit(_: unknown, { first, before }: NumberedPage) {
        const entries = await identities.audit(first, before ?? undefined);
        const last = entries.at(-1);
        return { nodes: entries, next: entries.length === first && last ? last.place : null };
      },
      async users(_: unknown, page: Page) {
        return pageOf<UserRecord>(await identities.users(), page);
      },
    },
    Caller: {
      sessions: (_: unknown, __: unknown, { request }: QueryContext) => identities.sessions(callerOf(request).user),
      keys: (_: unknown, __: unknown, { request }: QueryContext) => identities.keys(callerOf(request).user),
    },
    Model: {
      async aliases({ name }: Named, _: unknown, { snapshot }: QueryContext): Promise<readonly AliasRecord[]> {
        return (await snapshot()).aliases.filter(({ model }) => model === name);
      },
      async traffic({ name }: Named, _: unknown, { snapshot }: QueryContext) {
        const set = (await snapshot()).traffic.find(({ model }) => model === name);
        return set ?? { model: name, ...NO_TRAFFIC, revision: 0 };
      },
      shadow: ({ name }: Named): ShadowStatistics | null => shadow.statistics(name) ?? null,
    },
  };
}

/** A field of many things at once; answers come in the order of the questions. */
interface Question {
  readonly obj: Named;
  readonly params: NumberedPage;
}

/** Fields below a list, which ask the database once for all of it. */
export function createLoaders({ registry, datasetStore }: ReadableParts) {
  return {
    Model: {
      versions: (questions: readonly Question[]) =>
        numberedPages(questions, {
          read: (names, limit, before) => registry.newestVersions(names, limit, before),
          nameOf: ({ model }) => model,
          numberOf: ({ version }) => Number(version),
          shown: shownVersion,
        }),
    },
    Dataset: {
      versions: (questions: readonly Question[]) =>
        numberedPages(questions, {
          read: (names, limit, before) => datasetStore.newestVersions(names, limit, before),
          nameOf: ({ dataset }) => dataset,
          numberOf: ({ version }) => version,
          shown: shownDatasetVersion,
        }),
    },
  };
}

interface NumberedRecords<T> {
  read(names: readonly string[], limit: number, before: number | undefined): Promise<readonly T[]>;
  nameOf(record: T): string;
  numberOf(record: T): number;
  shown(record: T): object;
}

async function numberedPages<T>(questions: readonly Question[], records: NumberedRecords<T>) {
  // The same field can be asked for with several pages, under several aliases.
  const pages = new Map(questions.map(({ params }) => [pageKey(params), params]));
  const answers = new Map<string, ReadonlyMap<string, readonly T[]>>();
  for (const [key, { first, before }] of pages) {
    const names = questions.filter(({ params }) => pageKey(params) === key).map(({ obj }) => obj.name);
    // One more than the page, to see whether there is another one.
    const found = await records.read([...new Set(names)], first + 1, before ?? undefined);
    answers.set(
      key,
      Map.groupBy(found, (record) => records.nameOf(record)),
    );
  }
  return questions.map(({ obj, params }) => {
    const found = answers.get(pageKey(params))?.get(obj.name) ?? [];
    const shown = found.slice(0, params.first);
    const last = shown.at(-1);
    return {
      nodes: shown.map((record) => records.shown(record)),
      next: found.length > params.first && last !== undefined ? records.numberOf(last) : null,
    };
  });
}

function pageKey({ first, before }: NumberedPage): string {
  return `${first} ${before ?? ""}`;
}

function within(name: string, value: number, least: number, most: number): number {
  if (value >= least && value <= most) return value;
  throw refused(name, `must be ${least} to ${most}`);
}

function identifier(name: string, value: string): string {
  if (UUID.test(value)) return value;
  throw refused(name, "must be an id as a list gives it");
}

/** A point in time that the database can compare. */
function instant(name: string, value: unknown): Instant {
  if (typeof value === "string" && INSTANT.test(value) && !Number.isNaN(Date.parse(value)))
    return toInstant(Date.parse(value));
  throw refused(name, "must be a point in time, such as 2026-01-31T12:00:00Z");
}

function refused(path: string, message: string): MusterError {
  return new MusterError("invalid-request", "the question does not hold", { problems: [{ path, message }] });
}

/** A page of things in the order of their names. */
function pageOf<T extends Named>(sorted: readonly T[], { first, after }: Page) {
  const rest = typeof after === "string" ? sorted.filter(({ name }) => name > after) : sorted;
  const nodes = rest.slice(0, first);
  return { nodes, next: rest.length > first ? (nodes.at(-1)?.name ?? null) : null };
}

function shownVersion({ inspection, card, ...record }: VersionRecord) {
  return { ...record, ...inspection.signature, batchable: inspection.batchable, card: shownCard(card) };
}

function shownCard({ metrics, golden: _golden, ...card }: ModelCard) {
  return {
    inputs: [],
    outputs: [],
    ...card,
    metrics: Object.entries(metrics ?? {}).map(([name, value]) => ({ name, value })),
  };
}

function shownDataset({ name, versions, current }: DatasetSummary) {
  return { name, current, count: versions };
}

function shownDatasetVersion({ report, table: _table, ...record }: DatasetVersionRecord) {
  return { ...record, quality: report };
}
