import { readFileSync } from "node:fs";
import { MusterError, type Random } from "@muster/kernel";

/** Which part of a run this thread is: it takes every `count`th arrival, user and row, from `index` on. */
export interface Segment {
  readonly index: number;
  readonly count: number;
}

/** In which order rows are handed out: over and over in turn, by chance, or each one once in the whole run. */
export type RowOrder = "sequential" | "random" | "unique";

/** Data for scenarios. Every thread opens it for its own segment. */
export interface DataSource<T> {
  /** Gives rows; `undefined` when a source of unique rows is used up. */
  open(segment: Segment, random: Random): () => T | undefined;
}

/** Rows that the scenario file lists, or made from any file by the scenario itself. */
export function rows<T>(list: readonly T[], order: RowOrder = "sequential"): DataSource<T> {
  return {
    open(segment, random) {
      let next = segment.index;
      return () => {
        if (list.length === 0) return undefined;
        if (order === "random") return list[Math.floor(random() * list.length)];
        const index = next;
        next += segment.count;
        return order === "unique" ? list[index] : list[index % list.length];
      };
    },
  };
}

/**
 * Rows of a CSV file (RFC 4180) whose first line names the columns. The file is read once for each thread.
 * @throws {MusterError} `load-plan-invalid` when it cannot be read or a row has the wrong number of columns.
 */
export function csvFile(
  path: string | URL,
  order: RowOrder = "sequential",
): DataSource<Readonly<Record<string, string>>> {
  return { open: (segment, random) => rows(parseCsv(readText(path), String(path)), order).open(segment, random) };
}

/**
 * Rows of a file with one JSON value on each line.
 * @throws {MusterError} `load-plan-invalid` when it cannot be read or a line is no JSON.
 */
export function jsonLinesFile<T>(path: string | URL, order: RowOrder = "sequential"): DataSource<T> {
  return {
    open: (segment, random) => rows(parseJsonLines(readText(path), String(path)) as T[], order).open(segment, random),
  };
}

/** Rows made up as they are asked for. The number given is unique in the whole run. */
export function generated<T>(make: (nth: number, random: Random) => T): DataSource<T> {
  return {
    open(segment, random) {
      let nth = segment.index;
      return () => {
        const row = make(nth, random);
        nth += segment.count;
        return row;
      };
    },
  };
}

/** The rows of a text in CSV. `name` is used in messages. */
export function parseCsv(text: string, name: string): readonly Readonly<Record<string, string>>[] {
  const [columns, ...records] = csvRecords(text, name);
  if (columns === undefined) return [];
  return records.map((record, index) => {
    if (record.length !== columns.length) {
      throw invalid(`${name}: row ${index + 2} has ${record.length} columns, the first has ${columns.length}`);
    }
    return Object.fromEntries(columns.map((column, at) => [column, record[at] as string]));
  });
}

function csvRecords(text: string, name: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  while (at < text.length) {
    if (text[at] === '"') {
      let value = "";
      for (;;) {
        const quote = text.indexOf('"', at + 1);
        if (quote < 0) throw invalid(`${name}: a quoted value in row ${records.length + 1} does not end`);
        value += text.slice(at + 1, quote);
        at = quote + 1;
        if (text[at] !== '"') break;
        value += '"';
      }
      record.push(value);
    } else {
      const end = endOfValue(text, at);
      record.push(text.slice(at, end));
      at = end;
    }
    if (text[at] === ",") {
      at += 1;
      if (at < text.length) continue;
      record.push("");
    }
    if (text[at] === "\r") at += 1;
    if (at < text.length && text[at] !== "\n")
      throw invalid(`${name}: row ${records.length + 1} goes on after a quoted value`);
    at += 1;
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  }
  return records;
}

function endOfValue(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "," && text[at] !== "\n" && !(text[at] === "\r" && text[at + 1] === "\n"))
    at += 1;
  return at;
}

function parseJsonLines(text: string, name: string): readonly unknown[] {
  return text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), number: index + 1 }))
    .filter(({ line }) => line !== "")
    .map(({ line, number }) => {
      try {
        return JSON.parse(line) as unknown;
      } catch (error) {
        throw invalid(`${name}: line ${number} is not JSON: ${(error as Error).message}`);
      }
    });
}

function readText(path: string | URL): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw invalid(`${String(path)} cannot be read: ${(error as Error).message}`);
  }
}

function invalid(message: string): MusterError {
  return new MusterError("load-plan-invalid", message);
}
