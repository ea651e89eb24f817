import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunRecord } from "@muster/application";
import { factsFile, type RunFiles } from "@muster/contract";
import { type Ledger, type LedgerRecord, MusterError } from "@muster/kernel";
import { buildReport, renderHtml, renderJson } from "@muster/report";

const PAGE = 100;

/**
 * Writes what a run leaves for people and for replay: the report as HTML and JSON, and the facts.
 * The folder appears whole or not at all.
 *
 * @throws {MusterError} `database-full` when the disk has no room.
 */
export async function writeRunFiles(
  record: RunRecord,
  { ledger, folder, version }: { ledger: Ledger; folder: string; version: string },
): Promise<RunFiles> {
  const records = await recordsOf(record.run.id, ledger);
  const digests = records.flatMap(({ evidence }) =>
    evidence.kind === "judgement" ? Object.values(evidence.facts).filter((digest) => digest !== null) : [],
  );
  const report = buildReport({
    muster: version,
    readiness: record.readiness,
    records,
    facts: await ledger.facts([...new Set(digests)]),
    run: record.run,
  });
  const final = join(folder, record.run.id);
  const draft = `${final}.${randomUUID()}`;
  try {
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, "report.html"), renderHtml(report));
    await writeFile(join(draft, "report.json"), renderJson(report));
    await writeFile(join(draft, "facts.json"), JSON.stringify(factsFile(record.collections), null, 2));
    // A repeated step finds what the first attempt left.
    await rm(final, { recursive: true, force: true });
    await rename(draft, final);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") {
      throw new MusterError("database-full", `no room for the report in ${folder}`, { cause: error });
    }
    throw error;
  }
  return { html: join(final, "report.html"), json: join(final, "report.json"), facts: join(final, "facts.json") };
}

async function recordsOf(run: string, ledger: Ledger): Promise<readonly LedgerRecord[]> {
  const records: LedgerRecord[] = [];
  for (let before: number | undefined; ;) {
    const page = await ledger.page({ run }, PAGE, before);
    records.push(...page.records);
    if (page.next === undefined) return records;
    before = page.next;
  }
}
