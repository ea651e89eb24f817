import type { EvidenceFilter, EvidencePage, LedgerRecord } from "@muster/kernel";
import { humanDuration } from "@muster/kernel";
import { type Io, paintFor, width } from "../output/io.ts";
import { printEnvelope } from "../output/envelope.ts";
import { clip, counted, table } from "../output/text.ts";
import { evidenceMark, evidenceSummary, evidenceTitle } from "./words.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { withDatabase } from "../local/database.ts";

/** What `muster evidence list` was asked for. */
export interface ListRequest {
  readonly data: () => string;
  readonly filter: EvidenceFilter;
  readonly limit: number;
  readonly before: number | undefined;
  readonly json: boolean;
}

export async function runList(request: ListRequest, io: Io): Promise<ExitCode> {
  const page = await withDatabase(request.data, io, ({ ledger }) =>
    ledger.page(request.filter, request.limit, request.before),
  );
  if (request.json) {
    printEnvelope(io, {
      command: "evidence list",
      result: "good",
      verdict: `${page.records.length} of ${counted(page.total, "record")}`,
      data: page,
    });
  } else {
    io.out(pageText(page, io));
  }
  return EXIT.good;
}

function pageText(page: EvidencePage, io: Io): string {
  if (page.records.length === 0) return "No record of evidence matches.\n";
  const paint = paintFor(io.outIsTerminal, io.env);
  const head = ["record", "age", "outcome", "what", "environment", "summary"].map((each) => paint("quiet", each));
  const lines = table([head, ...page.records.map((record) => row(record, io))]).split("\n");
  const shown = io.outIsTerminal ? lines.map((line) => cut(line, io.columns())) : lines;
  const more = page.next === undefined ? "" : `; older ones: --before ${page.next}`;
  return `${shown.join("\n")}\n${paint("quiet", `${page.records.length} of ${counted(page.total, "record")}${more}`)}\n`;
}

function row({ seq, evidence }: LedgerRecord, io: Io): string[] {
  const paint = paintFor(io.outIsTerminal, io.env);
  const { shape, tone, word } = evidenceMark(evidence);
  return [
    String(seq),
    humanDuration(io.now() - Date.parse(evidence.at)),
    paint(tone, `${shape} ${word}`),
    evidenceTitle(evidence),
    evidence.subject.environment,
    evidenceSummary(evidence),
  ];
}

/** Cuts the end of a line, where the summary stands; what is coloured stands before it. */
function cut(line: string, columns: number): string {
  const over = width(line) - columns;
  return over <= 0 ? line : clip(line, [...line].length - over);
}
