import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { MusterError, Secret } from "@muster/kernel";
import { gatherAgents, kubernetesManifest, type ManifestOptions, runAgent, startLoadOnAgents } from "@muster/load";
import type { Io } from "../output/io.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { recorded } from "./record-load.ts";
import type { RecordChoices } from "./record-options.ts";
import type { ReportChoices } from "./report-options.ts";
import { giveReport } from "./report-output.ts";
import { untilInterrupted } from "./until-interrupted.ts";
import { watchLoad } from "./watch-load.ts";

const DEFAULT_WAIT_MS = 60_000;
const RETRY_MS = 500;

/** Where a coordinator waits for its agents, and for how many. */
export interface AgentChoices {
  readonly agents: number;
  /** `host:port`; a free port of the loopback interface unless given. */
  readonly listen: string | undefined;
  readonly control: number | undefined;
}

/** Runs a plan on agents that join, and gives the one report. */
export async function runOnAgents(
  file: string,
  how: AgentChoices,
  choices: ReportChoices & RecordChoices,
  io: Io,
): Promise<ExitCode> {
  const planFile = resolve(io.cwd, file);
  const { host, port } = listenAddress(how.listen ?? "127.0.0.1:0");
  const gathering = await gatherAgents({
    planFile,
    agents: how.agents,
    token: tokenOf(io),
    host,
    port,
    waitMs: DEFAULT_WAIT_MS,
    onJoined: (name, joined) => io.err(`${joined} of ${how.agents} agents: ${name} has joined\n`),
  }).catch((error: Error) => {
    if (error instanceof MusterError) throw error;
    throw new MusterError("load-agent", `agents cannot be awaited at ${host}:${port}: ${error.message}`, {
      cause: error,
    });
  });
  io.err(`waiting for ${how.agents} agents at ${gathering.url.href}\n`);
  return recorded(choices, { kind: "run", name: basename(planFile) }, io, async (recorder) => {
    const watching = { controlPort: how.control, choices, recorder };
    const report = await watchLoad((options) => startLoadOnAgents(gathering, planFile, options), io, watching);
    return giveReport("load run", report, choices, io, recorder);
  });
}

/** Joins a run as one of its agents; keeps trying while the coordinator is not there yet. */
export async function joinRun(file: string, join: string, waitMs: number | undefined, io: Io): Promise<ExitCode> {
  if (!URL.canParse(join) || !/^wss?:$/.test(new URL(join).protocol)) {
    throw new MusterError("usage", `"${join}" is not the address of a coordinator, such as ws://10.0.0.5:6570`);
  }
  const options = {
    planFile: resolve(io.cwd, file),
    coordinator: new URL(join),
    token: tokenOf(io),
    onOutput: (line: string) => io.err(`${line}\n`),
  };
  const deadline = performance.now() + (waitMs ?? DEFAULT_WAIT_MS);
  await untilInterrupted(io, async (signal) => {
    for (;;) {
      try {
        await runAgent(options, signal);
        return;
      } catch (error) {
        const notThere = error instanceof MusterError && error.message.startsWith("the coordinator cannot be reached");
        if (!notThere || signal.aborted || performance.now() > deadline) throw error;
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  });
  io.out("DONE: the run has ended; its coordinator has the report\n");
  return EXIT.good;
}

/** Prints the Kubernetes objects of a run. */
export async function printManifest(file: string, options: Omit<ManifestOptions, "plan">, io: Io): Promise<ExitCode> {
  const path = resolve(io.cwd, file);
  const plan = await readFile(path, "utf8").catch((error: Error) => {
    throw new MusterError("load-plan-invalid", `${path} cannot be read: ${error.message}`, { cause: error });
  });
  io.out(`${JSON.stringify(kubernetesManifest({ ...options, plan }), null, 2)}\n`);
  return EXIT.good;
}

/** @throws {MusterError} `usage` when the environment has no token. */
function tokenOf(io: Io): Secret {
  const token = io.env["MUSTER_LOAD_TOKEN"];
  if (token === undefined || token === "") {
    throw new MusterError("usage", "MUSTER_LOAD_TOKEN is not set: agents and coordinator need the same secret");
  }
  return new Secret(token);
}

function listenAddress(text: string): { host: string; port: number } {
  const parts = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (!parts || port > 65_535) throw new MusterError("usage", `"${text}" is not host:port, such as 0.0.0.0:6570`);
  return { host: parts[1] ?? parts[2] ?? "", port };
}
