import { type Clock, durationMs, type Instant, MusterError, toInstant } from "@muster/kernel";
import type { Datasets } from "../dataset/datasets.ts";
import type { DatasetVersionRecord } from "../dataset/dataset-store.ts";
import { DATASET_NAME_PATTERN } from "../dataset/column.ts";
import { once } from "../registry/publishing.ts";
import { CHAMPION, type Registry, type VersionRecord } from "../registry/registry.ts";
import { type Figures, figuresOf, type Share, shareOf } from "./accuracy.ts";
import { csvCell, csvLines, sharedInputs } from "./comparison.ts";
import type { MonitoringStore } from "./monitoring-store.ts";
import type { PredictionLog } from "./prediction-log.ts";
import { columnKey, type RecordedColumn, recordedColumns } from "./recorded-columns.ts";
import {
  checkSettings,
  type MonitoringRecord,
  type MonitoringSettings,
  type ReferenceSet,
  type TruthSettings,
} from "./settings.ts";
import { defaultTruth, matchTruths, type RefusedTruth, type ToldTruth, type TruthDraft } from "./truth.ts";
import { type Window, windowStart } from "./windows.ts";

/**
 * What windows are to be compared with: a version of a dataset; the data that the champion's card names; or what was
 * recorded in some time, which becomes a dataset of its own.
 */
export type ReferenceRequest =
  | { readonly dataset: string; readonly version?: number }
  | { readonly card: true }
  | { readonly from: Instant; readonly to: Instant };

/** A change of settings; what is absent stays as it is. */
export interface MonitoringChange extends Partial<Omit<MonitoringSettings, "reference">> {
  readonly reference?: ReferenceRequest | null;
}

/** Settings with the columns that they are about. */
export interface MonitoringView extends MonitoringRecord {
  readonly columns: readonly (Pick<RecordedColumn, "side" | "name" | "kind"> & { readonly recorded: boolean })[];
}

/** What became of some truths. */
export interface TruthReply {
  /** New ones. */
  readonly accepted: number;
  /** Those that were told before, with the same value. */
  readonly repeated: number;
  /** New ones of windows that were judged already; they count for the accuracy all the same. */
  readonly late: number;
  readonly refused: number;
  /** The first of those that were not taken, with the reason. */
  readonly refusals: readonly RefusedTruth[];
}

/** How good the predictions of a version were in a window, as far as is known. */
export interface AccuracyWindow {
  readonly from: Instant;
  readonly to: Instant;
  readonly version: string;
  /** Rows that were recorded; null where the records are deleted already. */
  readonly recorded: number | null;
  /** Rows of which the truth is known. */
  readonly told: number;
  /** Rows that the figures are reckoned from: all of which the truth is known, up to a bound. */
  readonly reckoned: number;
  /** Null before any truth is known. */
  readonly figures: Figures | null;
}

/** How a challenger agreed with a champion in a window. */
export interface Agreement {
  readonly from: Instant;
  readonly to: Instant;
  readonly champion: string;
  readonly challenger: string;
  readonly agreement: Share;
  /** Null before the first row, and where the answers cannot be compared. */
  readonly largestDifference: number | null;
  /** Requests that the challenger could not answer, and that it was not asked because it was behind. */
  readonly failures: number;
  readonly skipped: number;
}

export interface MonitoringParts {
  readonly store: MonitoringStore;
  readonly log: PredictionLog;
  readonly registry: Registry;
  readonly datasets: Datasets;
  /** The newest version of a dataset that was made of a file with this SHA-256. */
  readonly datasetOfDigest: (digest: string) => Promise<DatasetVersionRecord | undefined>;
  /** The CSV that comes with a built-in model as its reference. */
  readonly builtinReference: (model: string) => Uint8Array | undefined;
  readonly clock: Clock;
  /** Writes what this replica has recorded and not written yet. */
  readonly writeRecorded: () => Promise<void>;
  /** Lets this replica follow a change; the others are told by the database. */
  readonly follow: () => Promise<void>;
}

/** What people do to watch a model. */
export interface Monitoring {
  settings(model: string): Promise<MonitoringView>;
  /** @throws {MusterError} `invalid-request`, `not-found`, `changed-meanwhile`; `conflict` where there is no such reference. */
  change(model: string, change: MonitoringChange, expected: number, actor: string): Promise<MonitoringView>;
  /** @throws {MusterError} `invalid-request`; `conflict` where the model has no output that truths are about. */
  tell(model: string, told: readonly ToldTruth[], actor: string): Promise<TruthReply>;
  /** Windows that have records or truths, newest first, each with all its versions; `next` is where the page after it begins. */
  accuracy(
    model: string,
    range: { readonly from: Instant | undefined; readonly before: Instant | undefined; readonly limit: number },
  ): Promise<{ readonly windows: readonly AccuracyWindow[]; readonly next: Instant | null }>;
  /** How challengers agreed with champions over all replicas, newest first; windows have whole minutes. */
  agreement(
    model: string,
    range: { readonly from: Instant | undefined; readonly before: Instant | undefined; readonly limit: number },
  ): Promise<{ readonly windows: readonly Agreement[]; readonly next: Instant | null }>;
  /** Deletes records of a model from before an instant; gives the number of requests. */
  deleteRecords(model: string, before: Instant, actor: string): Promise<number>;
}

/** Truths of one version in one window that figures are reckoned from. */
const MAX_RECKONED = 100_000;
const MAX_REFUSALS = 100;
const MINUTE_MS = 60_000;
/** How far back accuracy and agreement are looked for where nothing is said. */
const RANGE_MS = 31 * 86_400_000;
/** Rows of a reference that is made of what was recorded. */
const MAX_TRAFFIC_ROWS = 200_000;
const DATASET_NAME = new RegExp(DATASET_NAME_PATTERN);

export function createMonitoring(parts: MonitoringParts): Monitoring {
  const { store, log, registry, datasets, clock } = parts;

  async function champion(model: string): Promise<VersionRecord> {
    const alias = (await registry.aliases(model)).find((each) => each.alias === CHAMPION);
    const version = alias && (await registry.version(model, alias.version));
    if (!version) throw new MusterError("not-found", `no model is called "${model}"`);
    return version;
  }

  function view(record: MonitoringRecord, columns: readonly RecordedColumn[]): MonitoringView {
    const excluded = new Set(record.exclude);
    return {
      ...record,
      columns: columns.map(({ side, name, kind }) => ({ side, name, kind, recorded: !excluded.has(name) })),
    };
  }

  async function referenceFor(
    version: VersionRecord,
    columns: readonly RecordedColumn[],
    excluded: readonly string[],
    request: ReferenceRequest,
    actor: string,
  ): Promise<ReferenceSet> {
    const { model } = version;
    const found =
      "dataset" in request
        ? await datasets.version(request)
        : "card" in request
          ? await referenceOfCard(version, actor)
          : await referenceOfTraffic(model, columns, excluded, request, actor);
    const there = found.columns.map(({ name }) => name);
    if (sharedInputs(columns, there).length === 0) throw invalid("reference", lacks(`"${found.dataset}"`, columns));
    return { dataset: found.dataset, version: found.version };
  }

  async function referenceOfCard({ model, card }: VersionRecord, actor: string): Promise<DatasetVersionRecord> {
    const known = card.data && (await parts.datasetOfDigest(card.data.sha256));
    if (known) return known;
    const file = parts.builtinReference(model);
    if (file) return makeDataset(`${tableName(model)}_reference`, once(file), actor);
    const why = card.data
      ? `no dataset has the digest of "${card.data.name}", which the card names`
      : "the champion's card names no data";
    throw new MusterError("conflict", `${why}; upload it, or name a version of a dataset`);
  }

  async function referenceOfTraffic(
    model: string,
    columns: readonly RecordedColumn[],
    excluded: readonly string[],
    request: { readonly from: Instant; readonly to: Instant },
    actor: string,
  ): Promise<DatasetVersionRecord> {
    const kept = columns.map(({ name }) => name).filter((name) => !excluded.includes(name));
    const inputs = sharedInputs(columns, kept);
    if (inputs.length === 0) throw invalid("reference", lacks("what is recorded", columns));
    const window = { from: Date.parse(request.from), to: Date.parse(request.to) };
    const [main] = await log.versionsIn(model, window);
    if (!main)
      throw new MusterError("conflict", `nothing of "${model}" was recorded from ${request.from} to ${request.to}`);
    const rows = async function* (): AsyncGenerator<Uint8Array> {
      const encoder = new TextEncoder();
      yield encoder.encode(`${inputs.map(({ name }) => csvCell(name)).join(",")}\n`);
      for await (const text of csvLines(inputs.map(columnKey), recorded(model, main.version, window))) {
        yield encoder.encode(text);
      }
    };
    return makeDataset(`${tableName(model)}_traffic`, rows(), actor);
  }

  async function* recorded(model: string, version: string, window: Window) {
    let rows = 0;
    for await (const entries of log.read(model, version, window)) {
      for (const entry of entries) {
        rows += entry.rows;
        if (rows > MAX_TRAFFIC_ROWS) return;
        yield entry;
      }
    }
  }

  async function makeDataset(
    name: string,
    content: AsyncIterable<Uint8Array>,
    actor: string,
  ): Promise<DatasetVersionRecord> {
    const upload = await datasets.upload(name, content, { format: "csv", csv: {} }, actor);
    // A reference that was made of the same file before is as good.
    const known = await parts.datasetOfDigest(upload.digest);
    if (known) return known;
    return datasets.createVersion(name, { upload: upload.id, columns: undefined, maxRejectedShare: 1 }, actor);
  }

  function checkColumns(settings: MonitoringSettings, columns: readonly RecordedColumn[]): void {
    const names = new Set(columns.map(({ name }) => name));
    for (const [index, name] of settings.exclude.entries()) {
      if (!names.has(name)) throw invalid(`exclude.${index}`, `"${name}" is none of ${[...names].join(", ")}`);
    }
    const { truth } = settings;
    if (!truth) return;
    const column = columns.find(({ side, name }) => side === "prediction" && name === truth.output);
    const outputs = columns.filter(({ side }) => side === "prediction").map(({ name }) => name);
    if (!column) throw invalid("truth.output", `"${truth.output}" is none of the predictions: ${outputs.join(", ")}`);
    if (truth.kind !== "class" && column.kind === "text") {
      throw invalid("truth.kind", `"${truth.output}" is a text, whose truth is a class`);
    }
  }

  return {
    async settings(model) {
      const record = await store.settingsOf(model);
      const version = await champion(model);
      return view(record, recordedColumns(version.inspection.signature, version.card));
    },

    async change(model, { reference, ...change }, expected, actor) {
      const current = await store.settingsOf(model);
      const version = await champion(model);
      const columns = recordedColumns(version.inspection.signature, version.card);
      if (columns.length === 0) {
        throw new MusterError("conflict", `"${model}" has no inputs or outputs with rows first that could be watched`);
      }
      const { model: _model, revision, changedAt: _at, changedBy: _by, ...before } = current;
      // Compared first, so that no dataset is made for a change that is refused.
      if (revision !== expected) {
        throw new MusterError(
          "changed-meanwhile",
          `monitoring of "${model}" is at revision ${revision}, not ${expected}`,
        );
      }
      const truth = change.truth === undefined ? (before.truth ?? defaultTruth(columns) ?? null) : change.truth;
      const wanted = { ...before, ...change, truth };
      checkSettings(wanted);
      checkColumns(wanted, columns);
      const settings = {
        ...wanted,
        reference:
          reference === undefined
            ? before.reference
            : reference && (await referenceFor(version, columns, wanted.exclude, reference, actor)),
      };
      const record = await store.setSettings(model, settings, expected, actor, clock.now());
      await parts.follow();
      return view(record, columns);
    },

    async tell(model, told, actor) {
      const { truth } = await store.settingsOf(model);
      if (!truth) {
        throw new MusterError(
          "conflict",
          `nobody said which output of "${model}" truths are about; set monitoring.truth`,
        );
      }
      const column = await outputOf(model, truth);
      // Who tells at once what turned out to be true is not to hear that the prediction is unknown.
      await parts.writeRecorded();
      const entries = await log.find(model, [...new Set(told.map(({ id }) => id))]);
      const { drafts, refused } = matchTruths(told, entries, truth, column);
      const { kept, repeated: twice, refused: contradictions } = withoutRepetition(drafts);
      const there = await store.addTruths(model, kept, actor, clock.now());
      const judged = (await store.lastJudged(model)) ?? 0;
      const refusals: RefusedTruth[] = [...refused, ...contradictions];
      let accepted = 0;
      let late = 0;
      let repeated = twice;
      for (const [index, draft] of kept.entries()) {
        const known = there[index];
        if (known !== undefined && known.actual !== draft.actual) refusals.push(contradiction(draft, known.actual));
        else if (known?.isNew === false) repeated += 1;
        else {
          accepted += 1;
          if (draft.at < judged) late += 1;
        }
      }
      return { accepted, repeated, late, refused: refusals.length, refusals: refusals.slice(0, MAX_REFUSALS) };
    },

    async accuracy(model, { from, before, limit }) {
      const { window, truth } = await store.settingsOf(model);
      const size = durationMs(window);
      const to = before === undefined ? windowStart(clock.now(), size) + size : Date.parse(before);
      const range = { from: from === undefined ? to - Math.max(RANGE_MS, size) : Date.parse(from), to };
      const { recorded: rows, told } = await store.counts({ model, output: truth?.output }, range, size);
      const keys = new Map([...rows, ...told].map((each) => [`${each.from}/${each.version}`, each]));
      const all = [...keys.values()].toSorted((a, b) => b.from - a.from || Number(b.version) - Number(a.version));
      const starts = [...new Set(all.map((each) => each.from))].slice(0, limit);
      const last = starts.at(-1) ?? 0;
      const newest = all.filter((each) => each.from >= last);
      const windows: AccuracyWindow[] = [];
      for (const { from: start, version } of newest) {
        const isSame = (each: { readonly from: number; readonly version: string }): boolean =>
          each.from === start && each.version === version;
        const known = told.find(isSame)?.rows ?? 0;
        const pairs =
          known === 0 || !truth
            ? []
            : await store.truths(
                { model, version, output: truth.output },
                { from: start, to: start + size },
                MAX_RECKONED,
              );
        windows.push({
          from: toInstant(start),
          to: toInstant(start + size),
          version,
          recorded: rows.find(isSame)?.rows ?? null,
          told: known,
          reckoned: pairs.length,
          figures: pairs.length === 0 || !truth ? null : figuresOf(pairs, truth),
        });
      }
      return { windows, next: newest.length < all.length ? toInstant(last) : null };
    },

    async agreement(model, { from, before, limit }) {
      const { window } = await store.settingsOf(model);
      const size = Math.ceil(durationMs(window) / MINUTE_MS) * MINUTE_MS;
      const to = before === undefined ? windowStart(clock.now(), size) + size : Date.parse(before);
      const range = { from: from === undefined ? to - Math.max(RANGE_MS, size) : Date.parse(from), to };
      // Windows that are cut off by the limit are left to the next page as a whole.
      const found = await store.agreement(model, range, size, limit + 1);
      const isWhole = found.length <= limit;
      const last = found.at(-1)?.from ?? 0;
      const whole = found.filter((each) => isWhole || each.from > last || each.from === found[0]?.from);
      return {
        windows: whole.map(
          ({ from: start, champion: one, challenger, rows, agreeing, largestDifference, ...rest }) => ({
            from: toInstant(start),
            to: toInstant(start + size),
            champion: one,
            challenger,
            agreement: shareOf(agreeing, rows),
            largestDifference: rows > 0 && Number.isFinite(largestDifference) ? largestDifference : null,
            failures: rest.failures,
            skipped: rest.skipped,
          }),
        ),
        next: isWhole ? null : toInstant(whole.at(-1)?.from ?? to),
      };
    },

    async deleteRecords(model, before, actor) {
      await store.settingsOf(model);
      const deleted = await log.forget(model, Date.parse(before));
      await store.noteDeletion(model, before, deleted, actor);
      return deleted;
    },
  };

  async function outputOf(model: string, truth: TruthSettings): Promise<RecordedColumn> {
    const version = await champion(model);
    const column = recordedColumns(version.inspection.signature, version.card).find(
      ({ side, name }) => side === "prediction" && name === truth.output,
    );
    if (!column)
      throw new MusterError("conflict", `the champion of "${model}" has no output "${truth.output}" any more`);
    return column;
  }
}

/** A truth that is there twice in one request counts once; of two that contradict each other, the first. */
function withoutRepetition(drafts: readonly TruthDraft[]): {
  readonly kept: readonly TruthDraft[];
  readonly repeated: number;
  readonly refused: readonly RefusedTruth[];
} {
  const kept = new Map<string, TruthDraft>();
  const refused: RefusedTruth[] = [];
  let repeated = 0;
  for (const draft of drafts) {
    const key = `${draft.id}/${draft.row}`;
    const known = kept.get(key);
    if (known === undefined) kept.set(key, draft);
    else if (known.actual === draft.actual) repeated += 1;
    else refused.push(contradiction(draft, known.actual));
  }
  // In one order for everybody, so that two who tell at once cannot wait for each other.
  const ordered = [...kept.values()].toSorted((a, b) => (a.id === b.id ? a.row - b.row : a.id < b.id ? -1 : 1));
  return { kept: ordered, repeated, refused };
}

function contradiction({ id, row }: TruthDraft, actual: number | string): RefusedTruth {
  const shown = JSON.stringify(actual);
  return { id, row, why: "contradiction", message: `the truth ${shown} was told before; what was told first stands` };
}

/** A model's name as the name of a dataset, with room for an ending. */
function tableName(model: string): string {
  const name = model.replaceAll("-", "_").slice(0, 50);
  return DATASET_NAME.test(name) ? name : `m_${name}`;
}

/** That none of a model's inputs is whole, and which columns one of them would need. */
function lacks(what: string, columns: readonly RecordedColumn[]): string {
  const names = columns.filter(({ side }) => side === "input").map(({ name }) => name);
  return `${what} has not every column of any input of the model, which takes ${names.join(", ")}`;
}

function invalid(path: string, message: string): MusterError {
  return new MusterError("invalid-request", "the settings do not hold", { problems: [{ path, message }] });
}
