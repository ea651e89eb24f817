import type { DriftOrder, RowSet } from "../../domain/dataset/data-engine.ts";
import type { Bin, DriftCounts } from "../../domain/dataset/drift.ts";
import { type Session, textOf } from "./session.ts";
import { identifier } from "./sql-text.ts";
import { holdToTables } from "./statement.ts";
import { Refusal } from "./refusal.ts";

/** Ranges of numbers: the tenths of the reference. */
const RANGES = 10;
/** Values of a text column that are told apart; the rarer ones are one bin together. */
const MAX_CATEGORIES = 250;
const NUMBER_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL)/;
const ORDERED_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)?INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL|DATE|TIME)/;

/** Counts what the drift of columns is judged from. A column is read once and grouped by value; the rest is small. */
export async function countDrift(session: Session, order: DriftOrder): Promise<readonly DriftCounts[]> {
  const { reference, current } = order;
  await session.attach(reference.file, "input_reference", "READ_ONLY");
  // Both sides may be rows of one file, which can be attached once.
  const isSame = reference.file === current.file;
  if (!isSame) await session.attach(current.file, "input_current", "READ_ONLY");
  await openRows(session, "reference", "input_reference", reference);
  await openRows(session, "current", isSame ? "input_reference" : "input_current", current);
  await session.confine([]);
  const counts: DriftCounts[] = [];
  for (const { name, type } of await columnsToCompare(session, order)) {
    counts.push(await countColumn(session, name, type));
  }
  return counts;
}

/** A view of one side's rows. Its condition is held to the side's own table, as part of the statement that runs. */
async function openRows(session: Session, side: string, input: string, { where }: RowSet): Promise<void> {
  const rows = `${side}_rows`;
  await session.run(`CREATE TEMP VIEW ${rows} AS SELECT * FROM ${input}.main.data`);
  const statement = where === undefined ? `SELECT * FROM ${rows}` : `SELECT * FROM ${rows} WHERE (\n${where}\n)`;
  holdToTables(await session.parse(statement), [rows]);
  await session.run(`CREATE TEMP VIEW ${side}_side AS ${statement}`);
}

async function columnsToCompare(
  session: Session,
  { columns }: DriftOrder,
): Promise<readonly { readonly name: string; readonly type: string }[]> {
  const reference = (await session.read("SELECT * FROM reference_side LIMIT 0")).columns;
  const current = new Set((await session.read("SELECT * FROM current_side LIMIT 0")).columns.map(({ name }) => name));
  const shared = reference.filter(({ name }) => current.has(name));
  if (columns === undefined) return shared;
  return columns.map((name) => {
    const found = shared.find((each) => each.name === name);
    if (!found) throw new Refusal("query-refused", `"${name}" is not a column of both sides`);
    return found;
  });
}

async function countColumn(session: Session, column: string, type: string): Promise<DriftCounts> {
  const value = identifier(column);
  const isOrdered = ORDERED_TYPE.test(type);
  const isNumber = NUMBER_TYPE.test(type);
  await session.run(`CREATE OR REPLACE TEMP TABLE grouped AS
    SELECT value, CAST(sum(r) AS BIGINT) AS r, CAST(sum(c) AS BIGINT) AS c FROM (
      SELECT ${value} AS value, count(*) AS r, 0 AS c FROM reference_side GROUP BY ${value}
      UNION ALL SELECT ${value}, 0, count(*) FROM current_side GROUP BY ${value})
    GROUP BY value`);
  const [totals] = await session.objects(`SELECT
      coalesce(sum(r) FILTER (value IS NOT NULL), 0) AS r, coalesce(sum(r) FILTER (value IS NULL), 0) AS r_nulls,
      coalesce(sum(c) FILTER (value IS NOT NULL), 0) AS c, coalesce(sum(c) FILTER (value IS NULL), 0) AS c_nulls
      ${isNumber ? ", sum(value::DOUBLE * r) AS r_sum, sum(value::DOUBLE * c) AS c_sum" : ""}
    FROM grouped`);
  const reference = { rows: Number(totals?.["r"]), nulls: Number(totals?.["r_nulls"]) };
  const current = { rows: Number(totals?.["c"]), nulls: Number(totals?.["c_nulls"]) };
  const both = { column, reference, current };
  if (reference.rows === 0 || current.rows === 0) {
    return { ...both, kind: isOrdered ? "numeric" : "categorical", bins: [], ksDistance: undefined };
  }
  if (isOrdered) {
    const counted = await ranges(session, reference.rows, current.rows);
    if (!isNumber) return { ...both, kind: "numeric", ...counted };
    const means = {
      reference: Number(totals?.["r_sum"]) / reference.rows,
      current: Number(totals?.["c_sum"]) / current.rows,
    };
    // Neither is one where a value is none.
    const areFinite = Number.isFinite(means.reference) && Number.isFinite(means.current);
    return { ...both, kind: "numeric", ...counted, ...(areFinite ? { means } : {}) };
  }
  return { ...both, kind: "categorical", bins: await categories(session), ksDistance: undefined };
}

/** Tenths of the reference, each up to and with its upper end, and the largest distance of the distribution functions. */
async function ranges(
  session: Session,
  reference: number,
  current: number,
): Promise<{ readonly bins: readonly Bin[]; readonly ksDistance: number }> {
  const edges = Array.from(
    { length: RANGES - 1 },
    (_, index) => `min(value) FILTER (upto_r * ${RANGES} >= ${reference}::HUGEINT * ${index + 1})`,
  );
  const rows = await session.objects(`WITH upto AS MATERIALIZED (
      SELECT value, r, c, sum(r) OVER upto AS upto_r, sum(c) OVER upto AS upto_c FROM grouped WHERE value IS NOT NULL
      WINDOW upto AS (ORDER BY value ROWS UNBOUNDED PRECEDING)),
    edged AS MATERIALIZED (
      SELECT max(abs(upto_r / ${reference}::DOUBLE - upto_c / ${current}::DOUBLE)) AS distance,
        list_sort(list_distinct([${edges.join(", ")}])) AS edges
      FROM upto)
    SELECT bin, any_value(distance) AS distance,
      coalesce('≤ ' || CAST(any_value(edges[bin + 1]) AS VARCHAR), '> ' || CAST(any_value(edges[-1]) AS VARCHAR)) AS label,
      CAST(sum(r) AS BIGINT) AS r, CAST(sum(c) AS BIGINT) AS c
    FROM (SELECT r, c, edges, distance, len(list_filter(edges, edge -> edge < value)) AS bin FROM upto, edged)
    GROUP BY bin ORDER BY bin`);
  return { bins: rows.map(toBin), ksDistance: Number(rows[0]?.["distance"]) };
}

async function categories(session: Session): Promise<readonly Bin[]> {
  const rows =
    await session.objects(`SELECT label, CAST(sum(r) AS BIGINT) AS r, CAST(sum(c) AS BIGINT) AS c, min(place) AS first
    FROM (SELECT r, c, place, CASE WHEN place <= ${MAX_CATEGORIES} THEN CAST(value AS VARCHAR) ELSE '(all others)' END AS label
      FROM (SELECT *, row_number() OVER (ORDER BY r + c DESC, CAST(value AS VARCHAR)) AS place FROM grouped WHERE value IS NOT NULL))
    GROUP BY label ORDER BY first`);
  return rows.map(toBin);
}

function toBin(row: Readonly<Record<string, unknown>>): Bin {
  return { label: textOf(row["label"]), reference: Number(row["r"]), current: Number(row["c"]) };
}
