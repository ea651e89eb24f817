const AIRPORTS = 229;
const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** Minutes; later rows are a little later, so that there is drift to find. */
export function delayOf(row: number, rows: number): number {
  return ((row * 7_919) % 1_009) - 20 + (row >= rows / 2 ? (row % 5) * 12 : 0);
}

/** A row as CSV, about 35 bytes. */
export function csvLine(row: number): string {
  const day = new Date(START + (row % 181) * DAY_MS).toISOString().slice(0, 10);
  return `${row},${day},A${row % AIRPORTS},${delayOf(row, 0)},${(row * 31) % 4_900}\n`;
}

/** The same rows in SQL. */
export function tableSql(rows: number): string {
  return `select i as id, date '2026-01-01' + (i % 181)::integer as day, 'A' || (i % ${AIRPORTS}) as airport,
    ((i * 7919) % 1009 - 20 + case when i >= ${rows / 2} then (i % 5) * 12 else 0 end)::integer as delay,
    ((i * 31) % 4900)::integer as distance
  from range(${rows}) t(i)`;
}
