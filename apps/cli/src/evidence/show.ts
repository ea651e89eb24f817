import { describeCheck } from "@muster/application";
import { createCatalog } from "@muster/catalog";
import type { CheckDescription, EvidenceDetail } from "@muster/contract";
import { factsDigests, humanDuration, type JsonObject, type LedgerRecord, MusterError } from "@muster/kernel";
import { type Io, paintFor } from "../output/io.ts";
import { printEnvelope } from "../output/envelope.ts";
import { table } from "../output/text.ts";
import { withDatabase } from "../local/database.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { evidenceMark, evidenceSummary, evidenceTitle } from "./words.ts";

/** What `muster evidence show` was asked for. */
export interface ShowRequest {
  readonly data: () => string;
  readonly seq: number;
  readonly json: boolean;
}

export async function runShow(request: ShowRequest, io: Io): Promise<ExitCode> {
  const { record, facts } = await withDatabase(request.data, io, async ({ ledger }) => {
    const found = await ledger.find(request.seq);
    if (!found) {
      const head = await ledger.head();
      throw new MusterError("not-found", `there is no record ${request.seq}; the ledger has ${head.seq}`);
    }
    const digests = factsDigests(found.evidence as unknown as JsonObject);
    return { record: found, facts: await ledger.facts(digests) };
  });
  const check = describe(record);
  const detail: EvidenceDetail = { record, facts: byKind(record, facts), ...(check ? { check } : {}) };
  if (request.json) {
    const verdict = `record ${record.seq}: ${evidenceSummary(record.evidence)}`;
    printEnvelope(io, { command: "evidence show", result: "good", verdict, data: detail });
  } else {
    io.out(detailText(detail, io));
  }
  return EXIT.good;
}

function describe({ evidence }: LedgerRecord): CheckDescription | undefined {
  if (evidence.kind !== "judgement") return undefined;
  const catalog = createCatalog({ load: () => Promise.reject(new Error("showing evidence runs no load")) });
  const check = catalog.checks.get(evidence.check);
  return check && describeCheck(check);
}

function byKind({ evidence }: LedgerRecord, facts: ReadonlyMap<string, JsonObject>): Record<string, JsonObject> {
  if (evidence.kind !== "judgement") return {};
  const found: Record<string, JsonObject> = {};
  for (const [kind, digest] of Object.entries(evidence.facts)) {
    const value = digest === null ? undefined : facts.get(digest);
    if (value) found[kind] = value;
  }
  return found;
}

function detailText({ record, facts, check }: EvidenceDetail, io: Io): string {
  const paint = paintFor(io.outIsTerminal, io.env);
  const { evidence } = record;
  const { shape, tone, word } = evidenceMark(evidence);
  const rows: [string, string][] = [
    ["seen", `${evidence.at} (${humanDuration(io.now() - Date.parse(evidence.at))} ago)`],
    ["by", evidence.actor],
    [
      "subject",
      [evidence.subject.service, evidence.subject.environment, evidence.subject.artefact ?? ""].join(" ").trim(),
    ],
    ["id", evidence.id],
    ["hash", record.hash],
    ["before", record.prev],
  ];
  if (evidence.kind === "judgement") {
    rows.push(["valid until", evidence.validUntil], ["parameters", JSON.stringify(evidence.parameters)]);
    for (const [kind, digest] of Object.entries(evidence.facts))
      rows.push([`facts`, `${kind} ${digest ?? "not collected"}`]);
  }
  const lines = [
    `${paint(tone, `${shape} ${word}`)} ${paint("strong", evidenceTitle(evidence))}: ${evidenceSummary(evidence)}`,
    "",
    table(rows.map(([name, value]) => [paint("quiet", name), value])),
  ];
  if (evidence.kind === "judgement" && evidence.findings.length > 0) {
    lines.push(
      "",
      paint("strong", "Findings"),
      ...evidence.findings.map((each) => `- ${each.resource}: ${each.message}`),
    );
  }
  if (check) {
    lines.push("", paint("strong", check.title), `why: ${check.why}`, `fix: ${check.fix}`);
  }
  for (const [kind, value] of Object.entries(facts)) {
    lines.push("", paint("strong", `Facts: ${kind}`), JSON.stringify(value, null, 2));
  }
  return `${lines.join("\n")}\n`;
}
