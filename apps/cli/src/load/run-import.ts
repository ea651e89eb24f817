import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { MusterError } from "@muster/kernel";
import {
  apiPlanSource,
  planSource,
  readAccessLog,
  readCurl,
  readHar,
  readOpenApi,
  replayPlan,
  startLoad,
} from "@muster/load";
import type { Io } from "../output/io.ts";
import { counted } from "../output/text.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import type { ReportChoices } from "./report-options.ts";
import { giveReport } from "./report-output.ts";
import { watchLoad } from "./watch-load.ts";

const FETCH_MS = 10_000;
const MAX_DESCRIPTION = 20 * 1024 * 1024;

/** Writes a plan from a recording of some other tool: to a file that is not there yet, or to standard output. */
export async function runImport(kind: "har" | "curl", file: string, to: string | undefined, io: Io): Promise<ExitCode> {
  const text = await read(resolve(io.cwd, file));
  return giveSource(planSource(kind === "har" ? readHar(text) : readCurl(text), file), to, io);
}

/** Writes a plan from an OpenAPI description, from a file or from its address. */
export async function importApi(
  from: string,
  target: URL | undefined,
  to: string | undefined,
  io: Io,
): Promise<ExitCode> {
  const address = /^https?:\/\//.test(from) && URL.canParse(from) ? new URL(from) : undefined;
  const text = address === undefined ? await read(resolve(io.cwd, from)) : await fetchText(address);
  return giveSource(apiPlanSource(readOpenApi(text, address), from, target?.href), to, io);
}

async function giveSource(source: string, to: string | undefined, io: Io): Promise<ExitCode> {
  if (to === undefined) {
    io.out(source);
    return EXIT.good;
  }
  const path = resolve(io.cwd, to);
  try {
    await writeFile(path, source, { flag: "wx" });
  } catch (error) {
    throw new MusterError("load-output", `${path} could not be written: ${(error as Error).message}`, { cause: error });
  }
  io.out(`written: ${to}\n`);
  return EXIT.good;
}

/** Sends the requests of an access log again, at their own pace times a factor. */
export async function runReplay(
  file: string,
  base: URL,
  speed: number,
  choices: ReportChoices,
  io: Io,
): Promise<ExitCode> {
  const { requests, skipped } = readAccessLog(await read(resolve(io.cwd, file)), base);
  if (skipped > 0)
    io.err(`left out: ${counted(skipped, "line")} with a body, or not in the common or combined format\n`);
  const report = await watchLoad((options) => startLoad(replayPlan(requests, base, speed), options), io, { choices });
  return giveReport("load replay", report, choices, io);
}

/** A description from its address: within 10 s, and of 20 MB at most. */
async function fetchText(address: URL): Promise<string> {
  try {
    const response = await fetch(address, {
      signal: AbortSignal.timeout(FETCH_MS),
      headers: { accept: "application/json" },
    });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.length > MAX_DESCRIPTION) throw new Error("it is larger than 20 MB");
    }
    return text;
  } catch (error) {
    throw new MusterError("load-import", `${address.href} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new MusterError("load-import", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
