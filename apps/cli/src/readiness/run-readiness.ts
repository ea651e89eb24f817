import { loadConfiguration } from "@muster/adapters";
import { readReadiness } from "@muster/application";
import { createCatalog } from "@muster/catalog";
import type { Readiness } from "@muster/contract";
import type { LedgerRecord } from "@muster/kernel";
import { buildReport, renderJunit, renderSarif } from "@muster/report";
import { annotation } from "../output/annotation.ts";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, paintFor } from "../output/io.ts";
import { fixOf, verdictText } from "../output/verdict-text.ts";
import { withDatabase } from "../local/database.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import type { Reporter } from "../program/reporter.ts";
import { ownVersion } from "../program/version.ts";

/** What `muster readiness` was asked for. */
export interface ReadinessRequest {
  readonly config: string;
  readonly data: () => string;
  readonly gate: string | undefined;
  readonly reporter: Reporter | "json";
}

/** Decides a gate from what the ledger holds, without looking at the service. */
export async function runReadiness(request: ReadinessRequest, io: Io): Promise<ExitCode> {
  const catalog = createCatalog({ load: () => Promise.reject(new Error("deciding a gate runs no load")) });
  const configuration = await loadConfiguration(request.config, catalog);
  const { readiness, records } = await withDatabase(request.data, io, async ({ ledger, runs }) => {
    const sources = { configuration, catalog, ledger, runs, clock: { now: io.now } };
    const decided = await readReadiness(sources, request.gate);
    return { readiness: decided, records: await ledger.latest(configuration.service.name, decided.environment) };
  });
  await print(request.reporter, readiness, records, io);
  return readiness.verdict.go ? EXIT.good : EXIT.bad;
}

async function print(
  reporter: Reporter | "json",
  readiness: Readiness,
  records: readonly LedgerRecord[],
  io: Io,
): Promise<void> {
  const { verdict, checks } = readiness;
  const report = async () => buildReport({ muster: await ownVersion(), readiness, records, facts: new Map() });
  switch (reporter) {
    case "json":
      printEnvelope(io, {
        command: "readiness",
        result: verdict.go ? "good" : "bad",
        verdict: verdict.sentence,
        data: readiness,
      });
      return;
    case "text":
      io.out(verdictText(verdict, checks, paintFor(io.outIsTerminal, io.env), io.columns()));
      return;
    case "minimal":
      io.out(`${[verdict.sentence, ...blockers(readiness).map((each) => each.line)].join("\n")}\n`);
      return;
    case "github": {
      const lines = blockers(readiness).map((each) => annotation("error", each.title, each.message));
      io.out(`${[...lines, verdict.sentence].join("\n")}\n`);
      return;
    }
    case "junit":
      io.out(renderJunit(await report()));
      return;
    case "sarif":
      io.out(renderSarif(await report()));
      return;
  }
}

/** What keeps the gate shut, one entry for each check that does not hold. */
function blockers({ verdict, checks }: Readiness): { line: string; title: string; message: string }[] {
  const descriptions = new Map(checks.map((check) => [check.id, check]));
  return verdict.controls
    .filter(({ status }) => status !== "met" && status !== "waived")
    .flatMap(({ control, grounds }) =>
      grounds
        .filter((ground) => ground.status !== "met")
        .map((ground) => ({
          line: `${ground.status} ${control.id}: ${ground.check}: ${ground.reason}`,
          title: `${control.title} (${ground.status})`,
          message: `${ground.check}: ${ground.reason}. ${fixOf(ground, descriptions.get(ground.check))}`,
        })),
    );
}
