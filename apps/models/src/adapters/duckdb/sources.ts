import type { CsvDialect, NamedType } from "../../domain/dataset/column.ts";
import { literal } from "./sql-text.ts";

/** Bytes of a line at most; a longer one is rejected. */
const MAX_LINE_BYTES = 2_097_152;

/** Faults in a CSV file at most; with more, the file or what was said about it is wrong, not some of its rows. */
export const MAX_CSV_FAULTS = 250_000;

/** A CSV file as a table, with nothing left to guess. Rows that do not fit go to `reject_errors`. */
export function csvSource(file: string, csv: CsvDialect, columns: readonly NamedType[]): string {
  const types = columns.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(", ");
  const options = [
    `columns={${types}}`,
    "auto_detect=false",
    `encoding=${literal(csv.encoding)}`,
    `delim=${literal(csv.delimiter)}`,
    `quote=${literal(csv.quote)}`,
    `escape=${literal(csv.quote)}`,
    `header=${csv.header}`,
    `skip=${csv.skip}`,
    `max_line_size=${MAX_LINE_BYTES}`,
    "store_rejects=true",
    `rejects_limit=${MAX_CSV_FAULTS}`,
    ...(csv.dateFormat === undefined ? [] : [`dateformat=${literal(csv.dateFormat)}`]),
    ...(csv.timestampFormat === undefined ? [] : [`timestampformat=${literal(csv.timestampFormat)}`]),
  ];
  return `read_csv(${literal(file)}, ${options.join(", ")})`;
}

/** The lines of a file as a table of one column, `line`; no text of JSON contains the control characters it is read with. */
export function lineSource(file: string): string {
  return `read_csv(${literal(file)}, columns={'line': 'VARCHAR'}, auto_detect=false, header=false, delim='\u0001',
    quote='', escape='', max_line_size=${MAX_LINE_BYTES}, store_rejects=true, rejects_limit=0)`;
}
