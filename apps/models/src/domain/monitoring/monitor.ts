import { type Clock, durationMs, MusterError } from "@muster/kernel";
import type { DatasetReference } from "../dataset/datasets.ts";
import type { DatasetVersionRecord } from "../dataset/dataset-store.ts";
import type { Registry } from "../registry/registry.ts";
import { isAmong } from "../traffic/traffic.ts";
import { type CellRows, compareWithReference, type ComparisonParts } from "./comparison.ts";
import type { AlarmNews, MonitoringStore, WindowClaim, WindowResult } from "./monitoring-store.ts";
import type { PredictionLog } from "./prediction-log.ts";
import type { MonitoringRecord } from "./settings.ts";
import { judgeColumn, worstVerdict } from "./verdict.ts";
import { dueWindows, type Window, windowStart } from "./windows.ts";

export interface MonitorParts extends ComparisonParts {
  readonly store: MonitoringStore;
  readonly log: PredictionLog;
  readonly registry: Registry;
  readonly reference: (reference: DatasetReference) => Promise<DatasetVersionRecord>;
  readonly clock: Clock;
  /** Told of what alarms do, after it was written down; once by all replicas together. */
  onAlarm(news: AlarmNews): void;
  /** Told of the last window of each model and of its open alarms, by every replica. */
  onWindow(model: string, window: WindowResult, openAlarms: number): void;
  /** Told when a window cannot be judged for now; it is tried again. */
  onFailure(model: string, error: unknown): void;
}

/** Judges windows that are over, and forgets what is old. */
export interface Monitor {
  /** What is watched from now on. */
  follow(settings: readonly MonitoringRecord[]): void;
  /** Does what is due. Calls that come while it works share its end. Never fails. */
  tick(): Promise<void>;
  /** Finishes what it is at and begins nothing more. */
  stop(): Promise<void>;
}

/** A replica that has not finished a window in this time is taken for dead. */
const LEASE_MS = 120_000;
/** Trials after which a window is `unknown` for good. */
const MAX_ATTEMPTS = 3;
/** Rows of a window that are compared; of more a share is taken. */
const MAX_ROWS = 200_000;
const FORGET_EVERY_MS = 600_000;
const DAY_MS = 86_400_000;
const KEEP_WINDOWS_MS = 400 * DAY_MS;

/** Errors that pass by themselves; with others, trying again gives the same. */
const PASSING = new Set(["overloaded", "database-unreachable", "database-full", "interrupted", "data-limit"]);

export function createMonitor(parts: MonitorParts): Monitor {
  const { store, log, clock } = parts;
  let watched: readonly MonitoringRecord[] = [];
  /** End of the last judged window by model, or beginning of the first, as far as this replica knows. */
  const judged = new Map<string, number>();
  let working: Promise<void> | undefined;
  let stopped = false;
  let forgotten = Number.NEGATIVE_INFINITY;

  function due(record: MonitoringRecord): readonly Window[] {
    return dueWindows(judged.get(record.model) ?? clock.now(), durationMs(record.window), clock.now());
  }

  async function watch(record: MonitoringRecord): Promise<void> {
    const { model } = record;
    if (judged.has(model) && due(record).length === 0) return;
    const last = await store.lastJudged(model);
    if (last === undefined) judged.set(model, windowStart(Date.parse(record.changedAt), durationMs(record.window)));
    else if (last !== judged.get(model)) {
      judged.set(model, last);
      const [latest] = await store.windows(model, { limit: 1 });
      if (latest) parts.onWindow(model, latest, await store.openAlarms(model));
    }
    for (const window of due(record)) {
      if (stopped) return;
      const claim = await store.claim(model, window, clock.now(), LEASE_MS);
      // Another replica is at it; later windows wait, because alarms follow their order.
      if (claim === undefined) return;
      const result = await judgeOrGiveUp(record, claim);
      const news = await store.finish(claim, result, clock.now());
      if (news === undefined) return;
      judged.set(model, window.to);
      for (const each of news) parts.onAlarm(each);
      parts.onWindow(model, result, await store.openAlarms(model));
    }
  }

  async function judgeOrGiveUp(record: MonitoringRecord, claim: WindowClaim): Promise<WindowResult> {
    try {
      return await judge(record, claim.window);
    } catch (error) {
      const isPassing = !(error instanceof MusterError) || PASSING.has(error.code);
      if (isPassing && claim.attempt < MAX_ATTEMPTS) throw error;
      const reason = error instanceof MusterError ? error.message : "an error inside; the log has it";
      if (!(error instanceof MusterError)) parts.onFailure(record.model, error);
      return { ...EMPTY, reason: `it could not be judged: ${reason}` };
    }
  }

  async function judge(record: MonitoringRecord, window: Window): Promise<WindowResult> {
    const { model } = record;
    const [main, ...others] = await log.versionsIn(model, window);
    if (main === undefined) return { ...EMPTY, reason: "no prediction was recorded" };
    const counted = {
      version: main.version,
      rows: main.rows,
      otherRows: others.reduce((sum, { rows }) => sum + rows, 0),
    };
    const unknown = (reason: string): WindowResult => ({ ...EMPTY, ...counted, reason });
    if (main.rows < record.minimumRows) {
      return unknown(`too little data: ${main.rows} rows, ${record.minimumRows} are needed`);
    }
    if (record.reference === null) return unknown("no reference is set to compare with");
    const version = await parts.registry.version(model, main.version);
    if (version === undefined) return unknown(`version ${main.version} was deleted`);
    const reference = await parts.reference(record.reference);
    const rows = readRows(model, main, window);
    const compared = await compareWithReference(parts, version, reference, rows, new Set(record.exclude));
    if (compared.length === 0) return unknown("the reference has no column of the model's inputs");
    const columns = compared.map(({ column, counts }) => judgeColumn(column.side, counts, record));
    return { ...counted, verdict: worstVerdict(columns.map(({ verdict }) => verdict)), reason: null, columns };
  }

  async function* readRows(
    model: string,
    { version, rows }: { readonly version: string; readonly rows: number },
    window: Window,
  ): AsyncGenerator<CellRows> {
    const percent = (100 * MAX_ROWS) / rows;
    for await (const entries of log.read(model, version, window)) {
      // By another text than the sampling's, whose sample would be all of the sample.
      for (const entry of entries) if (percent >= 100 || isAmong(`window\n${entry.id}`, percent)) yield entry;
    }
  }

  async function forgetOld(): Promise<void> {
    const now = clock.now();
    // A clock that went back does not put it off for long.
    if (Math.abs(now - forgotten) < FORGET_EVERY_MS) return;
    forgotten = now;
    for (const { model, retentionDays } of watched) await log.forget(model, now - retentionDays * DAY_MS);
    await store.forget(now - KEEP_WINDOWS_MS);
  }

  async function work(): Promise<void> {
    for (const record of watched) {
      if (record.samplePercent === 0) continue;
      try {
        await watch(record);
      } catch (error) {
        parts.onFailure(record.model, error);
      }
    }
    try {
      await forgetOld();
    } catch (error) {
      parts.onFailure("-", error);
    }
  }

  return {
    follow(settings) {
      watched = settings;
    },
    tick() {
      if (stopped) return Promise.resolve();
      working ??= work().finally(() => {
        working = undefined;
      });
      return working;
    },
    async stop() {
      stopped = true;
      await working;
    },
  };
}

const EMPTY: WindowResult = { verdict: "unknown", reason: null, version: null, rows: 0, otherRows: 0, columns: [] };
