import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RunRecord } from "@muster/application";
import { factsFile, type RunFiles } from "@muster/contract";
import { MusterError } from "@muster/kernel";
import { renderHtml, renderJson } from "@muster/report";

/**
 * Writes what a run leaves for people and for replay: the report as HTML and JSON, and the facts.
 * The folder appears whole or not at all.
 *
 * @throws {MusterError} `database-full` when the disk has no room.
 */
export async function writeRunFiles(record: RunRecord, folder: string): Promise<RunFiles> {
  const final = join(folder, record.run.id);
  const draft = `${final}.${randomUUID()}`;
  const report = { ...record.readiness, run: record.run, collections: record.collections };
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
