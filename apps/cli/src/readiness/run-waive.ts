import { userInfo } from "node:os";
import { loadConfiguration } from "@muster/adapters";
import { defaultGate, waive } from "@muster/application";
import { createCatalog } from "@muster/catalog";
import { type Configuration, gateOf } from "@muster/contract";
import { durationMs, toInstant } from "@muster/kernel";
import { printEnvelope } from "../output/envelope.ts";
import type { Io } from "../output/io.ts";
import { withDatabase } from "../local/database.ts";
import { EXIT, type ExitCode } from "../program/command.ts";

/** What `muster waive` was asked for. */
export interface WaiveRequest {
  readonly config: string;
  readonly data: () => string;
  readonly control: string;
  readonly reason: string;
  /** An instant, a date, or a length of time from now. */
  readonly until: string;
  readonly environment: string | undefined;
  readonly gate: string | undefined;
  readonly json: boolean;
}

/** Records a waiver in the name of whoever is logged in on this machine. */
export async function runWaive(request: WaiveRequest, io: Io): Promise<ExitCode> {
  const catalog = createCatalog({ load: () => Promise.reject(new Error("waiving runs no load")) });
  const configuration = await loadConfiguration(request.config, catalog);
  const environment = request.environment ?? environmentOf(configuration, request.gate);
  const actor = userInfo().username;
  const record = await withDatabase(request.data, io, ({ ledger }) =>
    waive(
      { control: request.control, environment, reason: request.reason, until: readUntil(request.until, io.now()) },
      actor,
      { configuration, ledger, clock: { now: io.now } },
    ),
  );
  const until = record.evidence.kind === "waiver" ? record.evidence.until : request.until;
  const verdict = `WAIVED: ${request.control} in ${environment} until ${until}, by ${actor} (record ${record.seq})`;
  if (request.json) printEnvelope(io, { command: "waive", result: "good", verdict, data: record });
  else io.out(`${verdict}\n`);
  return EXIT.good;
}

function environmentOf(configuration: Configuration, gate = defaultGate(configuration)): string {
  gateOf(configuration, gate);
  // gateOf has shown that the gate exists.
  return (configuration.gates[gate] as Configuration["gates"][string]).environment;
}

/** An instant as the use-case wants it; what cannot be read is handed on, for the use-case to refuse with the rest. */
function readUntil(text: string, now: number): string {
  try {
    return toInstant(now + durationMs(text));
  } catch {
    const at = Date.parse(text);
    return Number.isNaN(at) ? text : toInstant(at);
  }
}
