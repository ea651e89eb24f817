import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { gather, targetAt } from "@muster/application";
import { createCatalog, externalChecks } from "@muster/catalog";
import { type Catalog, factsFile, parseFactsFile, type Permission } from "@muster/contract";
import { type Collection, MusterError, type PlannedCheck } from "@muster/kernel";
import { renderHtml, renderJunit, renderSarif } from "@muster/report";
import { type Io, paintFor } from "../output/io.ts";
import { printEnvelope } from "../output/envelope.ts";
import { shortPath } from "../output/path.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import type { Reporter } from "../program/reporter.ts";
import { ownVersion } from "../program/version.ts";
import { readAddress } from "./address.ts";
import { assess, type Assessment } from "./assessment.ts";
import { assessmentReport } from "./assessment-report.ts";
import { assessmentAnnotations, assessmentLines, assessmentText } from "./assessment-text.ts";

/** What `muster check` was asked for. Exactly one of `url` and `replay` is there. */
export interface CheckRequest {
  readonly url: string | undefined;
  readonly replay: string | undefined;
  readonly audit: boolean;
  readonly timeoutMs: number | undefined;
  readonly save: string | undefined;
  readonly html: string | undefined;
  readonly reporter: Reporter | "json";
}

/** Results of an address that nothing else is known about are good for a day. */
const VALID_FOR_MS = 86_400_000;

/** Checks an address, or judges saved facts again, and says what came of it. */
export async function runCheck(request: CheckRequest, io: Io): Promise<ExitCode> {
  const catalog = createCatalog({ load: () => Promise.reject(new Error("no load is put on a foreign address")) });
  const collections =
    request.replay === undefined
      ? [await collectFrom(request, catalog, io)]
      : await readSaved(resolve(io.cwd, request.replay), request.replay);
  if (request.save !== undefined) {
    const text = `${JSON.stringify(factsFile(collections), null, 2)}\n`;
    await write("save", resolve(io.cwd, request.save), text);
  }
  const assessment = assess(collections, catalog);
  const report = assessmentReport(assessment, await ownVersion());
  if (request.html !== undefined) await write("html", resolve(io.cwd, request.html), renderHtml(report));
  switch (request.reporter) {
    case "json":
      printJson(assessment, io);
      break;
    case "text":
      io.out(assessmentText(assessment, paintFor(io.outIsTerminal, io.env), io.columns()));
      break;
    case "minimal":
      io.out(assessmentLines(assessment));
      break;
    case "github":
      io.out(assessmentAnnotations(assessment));
      break;
    case "junit":
      io.out(renderJunit(report));
      break;
    case "sarif":
      io.out(renderSarif(report));
      break;
  }
  for (const [label, file] of [
    ["report", request.html],
    ["facts", request.save],
  ] as const) {
    if (file !== undefined) io.err(`${label} ${shortPath(resolve(io.cwd, file), io.cwd)}\n`);
  }
  return assessment.exit;
}

async function collectFrom(request: CheckRequest, catalog: Catalog, io: Io): Promise<Collection> {
  const url = readAddress(request.url ?? "");
  const allowed: readonly Permission[] = request.audit ? ["audit"] : [];
  const cancelled = new AbortController();
  const cancel = (): void => cancelled.abort();
  process.once("SIGINT", cancel);
  process.once("SIGTERM", cancel);
  if (io.errIsTerminal) io.err(`looking at ${url.href} …\r`);
  try {
    const collection = await gather(
      {
        run: `check-${new Date(io.now()).toISOString()}`,
        actor: "muster check",
        subject: { service: url.host, environment: "external" },
        target: targetAt(url),
        allowed,
        plan: planFor(url, catalog, allowed),
        ...(request.timeoutMs === undefined ? {} : { timeoutMs: request.timeoutMs }),
        signal: cancelled.signal,
      },
      catalog,
      { now: io.now },
    );
    if (cancelled.signal.aborted) throw new MusterError("interrupted", `the check of ${url.href} was interrupted`);
    return collection;
  } finally {
    if (io.errIsTerminal) io.err("\u001b[2K\r");
    process.off("SIGINT", cancel);
    process.off("SIGTERM", cancel);
  }
}

/** The checks that fit the address, without those whose facts may not be collected. */
function planFor(url: URL, catalog: Catalog, allowed: readonly Permission[]): readonly PlannedCheck[] {
  return externalChecks(url).flatMap((id) => {
    const check = catalog.checks.get(id);
    if (!check) return [];
    const permissions = check.requires.flatMap((kind) => catalog.collectors.get(kind)?.permission ?? []);
    if (permissions.some((permission) => !allowed.includes(permission))) return [];
    return [{ check: id, parameters: check.defaults, validForMs: VALID_FOR_MS }];
  });
}

async function readSaved(file: string, name: string): Promise<readonly Collection[]> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "is not there" : `cannot be read (${error.code ?? error.message})`;
    throw new MusterError("facts-invalid", `${name} ${why}`);
  });
  return parseFactsFile(text, name).collections;
}

async function write(option: string, file: string, text: string): Promise<void> {
  await writeFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new MusterError("usage", `--${option}: ${file} cannot be written (${error.code ?? error.message})`);
  });
}

function printJson({ subject, at, counts, sentence, results, exit }: Assessment, io: Io): void {
  printEnvelope(io, {
    command: "check",
    result: exit === EXIT.good ? "good" : exit === EXIT.bad ? "bad" : "error",
    verdict: sentence,
    data: {
      subject,
      at,
      counts,
      evidence: results.map(({ evidence }) => evidence),
      checks: results.flatMap(({ check }) => (check ? [check] : [])),
    },
  });
}
