import { randomUUID } from "node:crypto";
import { namingErrors } from "@muster/adapters";
import { MusterError, toInstant } from "@muster/kernel";
import type { Pool, PoolClient } from "pg";
import type { PlatformEvent } from "../../domain/events/event.ts";
import { type Alarm, type AlarmState, nextAlarm } from "../../domain/monitoring/alarm.ts";
import type {
  AlarmNews,
  DriftWindow,
  MonitoringStore,
  WindowCount,
  WindowResult,
} from "../../domain/monitoring/monitoring-store.ts";
import type { Side } from "../../domain/monitoring/recorded-columns.ts";
import { DEFAULT_SETTINGS, type MonitoringRecord, type MonitoringSettings } from "../../domain/monitoring/settings.ts";
import type { TruthRecord } from "../../domain/monitoring/truth.ts";
import type { ComparedShare } from "../../domain/traffic/shadow.ts";
import { auditIn, inTransaction, onlyRow } from "../postgres/transaction.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EPOCH = toInstant(0);

interface SettingsRow {
  model: string;
  settings: Omit<MonitoringSettings, "reference">;
  reference_dataset: string | null;
  reference_version: number | null;
  revision: number;
  changed_at: Date;
  changed_by: string;
}

interface WindowRow {
  model: string;
  starts_at: Date;
  ends_at: Date;
  result: WindowResult;
}

interface AlarmRow {
  id: string;
  model: string;
  side: string;
  column: string;
  state: string;
  reason: string;
  calm: number;
  raised_at: Date;
  changed_at: Date;
  cleared_at: Date | null;
  acknowledged_at: Date | null;
  acknowledged_by: string | null;
  note: string | null;
}

interface TruthRow {
  prediction: string;
  row: number;
  output: string;
  version: number;
  at: Date;
  predicted: number | string;
  actual: number | string;
}

interface AgreementRow {
  start: string;
  champion: number;
  challenger: number;
  rows: string;
  agreeing: string;
  largest: number;
  failures: string;
  skipped: string;
}

/** What is known of watched models, in PostgreSQL. */
export function createPostgresMonitoring(pool: Pool): MonitoringStore {
  async function rows<Row extends object>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    return (await pool.query<Row>(sql, [...values])).rows;
  }

  return {
    settings: () =>
      namingErrors(async () => (await rows<SettingsRow>("select * from models.monitoring", [])).map(toSettings)),

    settingsOf: (model) =>
      namingErrors(async () => {
        const [row] = await rows<SettingsRow>("select * from models.monitoring where model = $1", [model]);
        if (row) return toSettings(row);
        const [known] = await rows("select from models.model where name = $1", [model]);
        if (!known) throw noModel(model);
        return { model, ...DEFAULT_SETTINGS, revision: 0, changedAt: EPOCH, changedBy: "-" };
      }),

    setSettings: (model, { reference, ...settings }, expected, actor, now) =>
      inTransaction(pool, async (client) => {
        const known = await client.query("select from models.model where name = $1 for update", [model]);
        if (known.rowCount === 0) throw noModel(model);
        const current = await client.query<{ revision: number }>(
          "select revision from models.monitoring where model = $1",
          [model],
        );
        const revision = current.rows[0]?.revision ?? 0;
        if (revision !== expected) {
          const message = `monitoring of "${model}" is at revision ${revision}, not ${expected}`;
          throw new MusterError("changed-meanwhile", message);
        }
        if (reference) {
          // Locked, so that it cannot be deleted meanwhile.
          const there = await client.query(
            "select from models.dataset_version where dataset = $1 and number = $2 for key share",
            [reference.dataset, reference.version],
          );
          if (there.rowCount === 0) {
            throw new MusterError("not-found", `dataset "${reference.dataset}" has no version ${reference.version}`);
          }
        }
        const changed = await client.query<SettingsRow>(
          `insert into models.monitoring
             (model, settings, reference_dataset, reference_version, revision, changed_at, changed_by)
           values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (model) do update set settings = excluded.settings, reference_dataset = excluded.reference_dataset,
             reference_version = excluded.reference_version, revision = excluded.revision,
             changed_at = excluded.changed_at, changed_by = excluded.changed_by
           returning *`,
          [
            model,
            JSON.stringify(settings),
            reference?.dataset ?? null,
            reference?.version ?? null,
            expected + 1,
            toInstant(now),
            actor,
          ],
        );
        await auditIn(client, actor, "monitoring.set", {
          model,
          samplePercent: settings.samplePercent,
          window: settings.window,
          ...(reference ? { reference: `${reference.dataset}@${reference.version}` } : {}),
        });
        return toSettings(onlyRow(changed.rows));
      }),

    lastJudged: (model) =>
      namingErrors(async () => {
        const [row] = await rows<{ last: Date | null }>(
          "select max(ends_at) as last from models.drift_window where model = $1 and judged_at is not null",
          [model],
        );
        return row?.last?.getTime();
      }),

    claim: (model, window, now, leaseMs) =>
      namingErrors(async () => {
        const token = randomUUID();
        const [row] = await rows<{ attempts: number }>(
          `insert into models.drift_window as mine (model, starts_at, ends_at, claim, claimed_until, attempts)
           values ($1, $2, $3, $4, $5, 1)
           on conflict (model, starts_at, ends_at) do update
             set claim = excluded.claim, claimed_until = excluded.claimed_until, attempts = mine.attempts + 1
             where mine.judged_at is null and mine.claimed_until <= $6
           returning attempts`,
          [model, toInstant(window.from), toInstant(window.to), token, toInstant(now + leaseMs), toInstant(now)],
        );
        return row && { model, window, token, attempt: row.attempts };
      }),

    finish: (claim, result, now) =>
      inTransaction(pool, async (client) => {
        const written = await client.query(
          `update models.drift_window set result = $1, judged_at = $2
           where model = $3 and starts_at = $4 and ends_at = $5 and claim = $6 and judged_at is null`,
          [
            JSON.stringify(result),
            toInstant(now),
            claim.model,
            toInstant(claim.window.from),
            toInstant(claim.window.to),
            claim.token,
          ],
        );
        if (written.rowCount === 0) return undefined;
        const news = await changeAlarms(client, claim.model, result, toInstant(claim.window.to));
        await tellAlarms(client, claim.model, result.version ?? "-", news);
        return news;
      }),

    windows: (model, { from = EPOCH, before, limit }) =>
      namingErrors(async () => {
        const found = await rows<WindowRow>(
          `select * from models.drift_window where model = $1 and judged_at is not null and ends_at > $2
             and ($3::timestamptz is null or starts_at < $3) order by starts_at desc, ends_at desc limit $4`,
          [model, from, before ?? null, limit],
        );
        return found.map(toWindow);
      }),

    forget: (before) =>
      namingErrors(async () => {
        const instant = toInstant(before);
        await rows("delete from models.drift_window where ends_at < $1", [instant]);
        await rows("delete from models.alarm where cleared_at < $1", [instant]);
        await rows("delete from models.truth where at < $1", [instant]);
        await rows("delete from models.agreement where minute < $1", [instant]);
      }),

    alarms: ({ model, state, after, limit }) =>
      namingErrors(async () => {
        const found = await rows<AlarmRow>(
          `select * from models.alarm where ($1::text is null or model = $1) and ($2::text is null or state = $2)
             and ($3::uuid is null or (raised_at, id) < (select raised_at, id from models.alarm where id = $3))
           order by raised_at desc, id desc limit $4`,
          [model ?? null, state ?? null, after ?? null, limit],
        );
        return found.map(toAlarm);
      }),

    openAlarms: (model) =>
      namingErrors(async () => {
        const [row] = await rows<{ open: string }>(
          "select count(*) as open from models.alarm where model = $1 and cleared_at is null",
          [model],
        );
        return Number(row?.open);
      }),

    acknowledge: (id, note, actor, now) =>
      inTransaction(pool, async (client) => {
        const found = UUID.test(id)
          ? await client.query<AlarmRow>("select * from models.alarm where id = $1 for update", [id])
          : { rows: [] };
        const [alarm] = found.rows;
        if (!alarm) throw new MusterError("not-found", `there is no alarm ${id}`);
        if (alarm.acknowledged_at !== null) return toAlarm(alarm);
        const changed = await client.query<AlarmRow>(
          "update models.alarm set acknowledged_at = $2, acknowledged_by = $3, note = $4 where id = $1 returning *",
          [id, toInstant(now), actor, note],
        );
        await auditIn(client, actor, "alarm.acknowledged", { model: alarm.model, column: alarm.column, alarm: id });
        return toAlarm(onlyRow(changed.rows));
      }),

    addAgreement: (shares, now) =>
      namingErrors(async () => {
        // In one order for every replica, so that two cannot wait for each other.
        const ordered = shares.toSorted((a, b) => pairOf(a).localeCompare(pairOf(b), "en"));
        await rows(
          `insert into models.agreement as known
             (minute, model, champion, challenger, rows, agreeing, largest_difference, failures, skipped)
           select date_trunc('minute', $1::timestamptz), * from
             unnest($2::text[], $3::integer[], $4::integer[], $5::bigint[], $6::bigint[], $7::float8[], $8::bigint[], $9::bigint[])
           on conflict (model, minute, champion, challenger) do update set rows = known.rows + excluded.rows,
             agreeing = known.agreeing + excluded.agreeing, failures = known.failures + excluded.failures,
             skipped = known.skipped + excluded.skipped,
             largest_difference = greatest(known.largest_difference, excluded.largest_difference)`,
          [
            toInstant(now),
            ordered.map(({ model }) => model),
            ordered.map(({ champion }) => Number(champion)),
            ordered.map(({ challenger }) => Number(challenger)),
            ordered.map((each) => each.rows),
            ordered.map(({ agreeing }) => agreeing),
            ordered.map(({ largestDifference }) => String(largestDifference)),
            ordered.map(({ failures }) => failures),
            ordered.map(({ skipped }) => skipped),
          ],
        );
      }),

    agreement: (model, { from, to }, size, limit) =>
      namingErrors(async () => {
        const found = await rows<AgreementRow>(
          `select floor(extract(epoch from minute) * 1000 / $4) * $4 as start, champion, challenger, sum(rows) as rows,
             sum(agreeing) as agreeing, max(largest_difference) as largest, sum(failures) as failures,
             sum(skipped) as skipped
           from models.agreement where model = $1 and minute >= $2 and minute < $3
           group by 1, 2, 3 order by 1 desc, 2 desc, 3 desc limit $5`,
          [model, toInstant(from), toInstant(to), size, limit],
        );
        return found.map((row) => ({
          model,
          from: Number(row.start),
          champion: String(row.champion),
          challenger: String(row.challenger),
          rows: Number(row.rows),
          agreeing: Number(row.agreeing),
          largestDifference: row.largest,
          failures: Number(row.failures),
          skipped: Number(row.skipped),
        }));
      }),

    addTruths: (model, truths, actor, now) =>
      inTransaction(pool, async (client) => {
        if (truths.length === 0) return [];
        const added = await client.query<{ prediction: string; row: number }>(
          `insert into models.truth (model, told_at, told_by, prediction, row, output, version, at, predicted, actual)
           select $1, $2::timestamptz, $3, * from unnest($4::uuid[], $5::integer[], $6::text[], $7::integer[],
             $8::timestamptz[], $9::jsonb[], $10::jsonb[])
           on conflict (prediction, row, output) do nothing returning prediction, row`,
          [
            model,
            toInstant(now),
            actor,
            truths.map(({ id }) => id),
            truths.map(({ row }) => row),
            truths.map(({ output }) => output),
            truths.map(({ version }) => Number(version)),
            truths.map(({ at }) => toInstant(at)),
            truths.map(({ predicted }) => JSON.stringify(predicted)),
            truths.map(({ actual }) => JSON.stringify(actual)),
          ],
        );
        const isNew = new Set(added.rows.map(({ prediction, row }) => `${prediction}/${row}`));
        const there = await client.query<TruthRow>(
          `select truth.* from unnest($1::uuid[], $2::integer[], $3::text[]) with ordinality
             as asked (id, number, name, place)
           join models.truth on prediction = id and row = number and output = name order by place`,
          [truths.map(({ id }) => id), truths.map(({ row }) => row), truths.map(({ output }) => output)],
        );
        return there.rows.map((row) => toTruth(row, isNew.has(`${row.prediction}/${row.row}`)));
      }),

    truths: ({ model, version, output }, { from, to }, limit) =>
      namingErrors(() =>
        rows<Pick<TruthRow, "predicted" | "actual">>(
          `select predicted, actual from models.truth
           where model = $1 and version = $2 and at >= $3 and at < $4 and output = $5 limit $6`,
          [model, Number(version), toInstant(from), toInstant(to), output, limit],
        ),
      ),

    noteDeletion: (model, before, requests, actor) =>
      inTransaction(pool, (client) => auditIn(client, actor, "predictions.deleted", { model, before, requests })),

    counts: ({ model, output }, { from, to }, size) =>
      namingErrors(async () => {
        const counted = async (
          table: "prediction" | "truth",
          of: string,
          condition = "",
          values: readonly unknown[] = [],
        ): Promise<WindowCount[]> => {
          const found = await rows<{ start: string; version: number; rows: string }>(
            `select floor(extract(epoch from at) * 1000 / $4) * $4 as start, version, ${of} as rows
             from models.${table} where model = $1 and at >= $2 and at < $3 ${condition}
             group by 1, 2 order by 1 desc, 2 desc`,
            [model, toInstant(from), toInstant(to), size, ...values],
          );
          return found.map(({ start, version, rows: count }) => ({
            from: Number(start),
            version: String(version),
            rows: Number(count),
          }));
        };
        return {
          recorded: await counted("prediction", "sum(rows)"),
          told: await counted("truth", "count(*)", "and output = $5", [output ?? ""]),
        };
      }),
  };
}

/** What a window means for the alarms of a model. The window's row is locked, so that nobody else does it. */
async function changeAlarms(
  client: PoolClient,
  model: string,
  result: WindowResult,
  at: string,
): Promise<readonly AlarmNews[]> {
  const found = await client.query<AlarmRow>(
    "select * from models.alarm where model = $1 and cleared_at is null for update",
    [model],
  );
  const news: AlarmNews[] = [];
  const tell = (changed: { readonly rows: readonly AlarmRow[] }): void => {
    const alarm = toAlarm(onlyRow(changed.rows));
    news.push({ state: alarm.state, alarm });
  };
  for (const { side, column, verdict, reason } of result.columns) {
    const open = found.rows.find((alarm) => alarm.side === side && alarm.column === column);
    const next = nextAlarm(open, { verdict, reason });
    switch (next.change) {
      case "none":
        break;
      case "calm":
        await client.query("update models.alarm set calm = $2 where id = $1", [open?.id, next.calm]);
        break;
      case "raise":
        tell(
          await client.query<AlarmRow>(
            `insert into models.alarm (model, side, "column", state, reason, raised_at, changed_at)
             values ($1, $2, $3, 'raised', $4, $5, $5) returning *`,
            [model, side, column, next.reason, at],
          ),
        );
        break;
      case "continue":
        tell(
          await client.query<AlarmRow>(
            `update models.alarm set state = 'continuing', reason = $2, calm = 0, changed_at = $3
             where id = $1 returning *`,
            [open?.id, next.reason, at],
          ),
        );
        break;
      case "clear":
        tell(
          await client.query<AlarmRow>(
            `update models.alarm set state = 'cleared', reason = $2, changed_at = $3, cleared_at = $3
             where id = $1 returning *`,
            [open?.id, next.reason, at],
          ),
        );
        break;
    }
  }
  return news;
}

/** Puts into the stream of changes what alarms did, together with it or not at all. */
async function tellAlarms(
  client: PoolClient,
  model: string,
  version: string,
  news: readonly AlarmNews[],
): Promise<void> {
  for (const state of ["raised", "cleared"] as const) {
    const reasons = news.filter((each) => each.state === state).map(({ alarm }) => alarm.reason);
    if (reasons.length === 0) continue;
    const event: PlatformEvent = { type: "drift.alarm", model, version, state, reasons };
    await client.query("select models.publish_event($1)", [JSON.stringify(event)]);
  }
}

function pairOf({ model, champion, challenger }: ComparedShare): string {
  return `${model} ${champion} ${challenger}`;
}

function noModel(model: string): MusterError {
  return new MusterError("not-found", `no model is called "${model}"`);
}

function toSettings(row: SettingsRow): MonitoringRecord {
  const { model, settings, reference_dataset: dataset, reference_version: version, revision } = row;
  return {
    ...DEFAULT_SETTINGS,
    ...settings,
    model,
    reference: dataset === null || version === null ? null : { dataset, version },
    revision,
    changedAt: toInstant(row.changed_at.getTime()),
    changedBy: row.changed_by,
  };
}

function toWindow({ model, starts_at: from, ends_at: to, result }: WindowRow): DriftWindow {
  return { ...result, model, from: toInstant(from.getTime()), to: toInstant(to.getTime()) };
}

function toAlarm(row: AlarmRow): Alarm {
  return {
    id: row.id,
    model: row.model,
    // The table holds nothing else; it checks.
    side: row.side as Side,
    column: row.column,
    state: row.state as AlarmState,
    reason: row.reason,
    raisedAt: toInstant(row.raised_at.getTime()),
    changedAt: toInstant(row.changed_at.getTime()),
    clearedAt: row.cleared_at && toInstant(row.cleared_at.getTime()),
    acknowledgedAt: row.acknowledged_at && toInstant(row.acknowledged_at.getTime()),
    acknowledgedBy: row.acknowledged_by,
    note: row.note,
  };
}

function toTruth({ prediction, version, at, ...row }: TruthRow, isNew: boolean): TruthRecord {
  const { output, predicted, actual } = row;
  return { id: prediction, row: row.row, output, version: String(version), at: at.getTime(), predicted, actual, isNew };
}
