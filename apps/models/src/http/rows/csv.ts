import { MusterError } from "@muster/kernel";
import type { Frame } from "./rows.ts";

/**
 * Reads CSV (RFC 4180) with a line of names. Cells that look like numbers or truth values become them,
 * as data frames have it; an empty cell is null.
 * @throws {MusterError} `invalid-request` for a quote that is not closed or text after one.
 */
export function readCsv(text: string): Frame {
  const [columns, ...rows] = readLines(text.startsWith("\uFEFF") ? text.slice(1) : text);
  if (!columns) throw invalid("has no line of column names");
  return { columns: columns.map(({ text: name }) => name), rows: rows.map((cells) => cells.map(valueOf)) };
}

interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

function readLines(text: string): readonly (readonly Cell[])[] {
  const lines: Cell[][] = [];
  let cells: Cell[] = [];
  let at = 0;
  while (at < text.length) {
    let cell: Cell;
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1, lines.length);
      cell = { text: text.slice(at + 1, end).replaceAll('""', '"'), quoted: true };
      at = end + 1;
    } else {
      const end = nextBreak(text, at);
      cell = { text: text.slice(at, end), quoted: false };
      at = end;
    }
    cells.push(cell);
    if (text[at] === ",") {
      at += 1;
      // A comma at the very end is followed by one more, empty cell.
      if (at === text.length) cells.push({ text: "", quoted: false });
      continue;
    }
    if (at < text.length && text[at] !== "\n" && text[at] !== "\r") {
      throw invalid(`has text after a closing quote in line ${lines.length + 1}`);
    }
    at += text.startsWith("\r\n", at) ? 2 : 1;
    lines.push(cells);
    cells = [];
  }
  if (cells.length > 0) lines.push(cells);
  return lines;
}

function closingQuote(text: string, from: number, line: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  throw invalid(`has a quote that is not closed in line ${line + 1}`);
}

function nextBreak(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== "," && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return at;
}

function valueOf({ text, quoted }: Cell): unknown {
  if (quoted) return text;
  if (text === "") return null;
  if (text === "true" || text === "True") return true;
  if (text === "false" || text === "False") return false;
  const number = Number(text);
  return text.trim() !== "" && Number.isFinite(number) ? number : text;
}

function invalid(message: string): MusterError {
  return new MusterError("invalid-request", "the body is not CSV", { problems: [{ path: "the body", message }] });
}
