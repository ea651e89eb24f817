import { createHmac } from "node:crypto";
import { namingErrors } from "@muster/adapters";
import { toInstant } from "@muster/kernel";
import type { Pool } from "pg";
import type { LogEntry, PredictionLog } from "../../domain/monitoring/prediction-log.ts";
import type { RecordedCells } from "../../domain/monitoring/recorded-columns.ts";

/** Requests that are read at a time, and that are deleted in one statement. */
const PAGE = 1_000;
const DELETE_PAGE = 10_000;
/** Bytes of a caller's digest that are kept: enough to tell callers apart. */
const CALLER_BYTES = 16;
const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface EntryRow {
  id: string;
  model: string;
  version: number;
  at: Date;
  rows: number;
  caller: string;
  cells: RecordedCells;
}

/** Recorded predictions in PostgreSQL. */
export function createPostgresPredictions(pool: Pool): PredictionLog {
  let secret: string | undefined;

  async function callerSecret(): Promise<string> {
    if (secret === undefined) {
      const { rows } = await pool.query<{ secret: string }>("select secret from models.monitoring_secret");
      secret = rows[0]?.secret;
      if (secret === undefined) throw new Error("the secret for callers is gone");
    }
    return secret;
  }

  return {
    append: (entries) =>
      namingErrors(async () => {
        const key = await callerSecret();
        const digests = new Map<string, string>();
        const callerOf = (name: string): string => {
          let digest = digests.get(name);
          if (digest === undefined) {
            digest = createHmac("sha256", key)
              .update(name)
              .digest("hex")
              .slice(0, 2 * CALLER_BYTES);
            digests.set(name, digest);
          }
          return digest;
        };
        await pool.query(
          `insert into models.prediction (id, model, version, at, rows, caller, cells)
           select * from unnest($1::uuid[], $2::text[], $3::integer[], $4::timestamptz[], $5::integer[], $6::text[], $7::jsonb[])
           on conflict (id) do nothing`,
          [
            entries.map(({ id }) => id),
            entries.map(({ model }) => model),
            entries.map(({ version }) => Number(version)),
            entries.map(({ at }) => toInstant(at)),
            entries.map(({ rows }) => rows),
            entries.map(({ callerName }) => callerOf(callerName)),
            entries.map(({ cells }) => JSON.stringify(cells)),
          ],
        );
      }),

    versionsIn: (model, { from, to }) =>
      namingErrors(async () => {
        const { rows } = await pool.query<{ version: number; rows: string }>(
          `select version, sum(rows) as rows from models.prediction where model = $1 and at >= $2 and at < $3
           group by version order by 2 desc, 1 desc`,
          [model, toInstant(from), toInstant(to)],
        );
        return rows.map(({ version, rows: count }) => ({ version: String(version), rows: Number(count) }));
      }),

    async *read(model, version, { from, to }) {
      let last = { at: toInstant(from), id: FIRST_ID };
      for (;;) {
        const page = await namingErrors(() =>
          pool.query<EntryRow>(
            `select * from models.prediction
             where model = $1 and version = $2 and at >= $3 and at < $4 and (at, id) > ($3, $5)
             order by at, id limit ${PAGE}`,
            [model, Number(version), last.at, toInstant(to), last.id],
          ),
        );
        if (page.rows.length > 0) yield page.rows.map(toEntry);
        if (page.rows.length < PAGE) return;
        const end = page.rows.at(-1);
        // Times are kept to the millisecond, which is what they were written with.
        if (end) last = { at: toInstant(end.at.getTime()), id: end.id };
      }
    },

    find: (model, ids) =>
      namingErrors(async () => {
        const { rows } = await pool.query<EntryRow>(
          "select * from models.prediction where model = $1 and id = any($2::uuid[])",
          [model, ids.filter((id) => UUID.test(id))],
        );
        return rows.map(toEntry);
      }),

    forget: (model, before) =>
      namingErrors(async () => {
        // In pieces, so that no statement holds much for long.
        for (let deleted = 0; ;) {
          const { rowCount } = await pool.query(
            `delete from models.prediction where id in
               (select id from models.prediction where model = $1 and at < $2 limit ${DELETE_PAGE})`,
            [model, toInstant(before)],
          );
          deleted += rowCount ?? 0;
          if ((rowCount ?? 0) < DELETE_PAGE) return deleted;
        }
      }),
  };
}

function toEntry({ id, model, version, at, rows, caller, cells }: EntryRow): LogEntry {
  return { id, model, version: String(version), at: at.getTime(), rows, caller, cells };
}
