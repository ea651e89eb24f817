import { setTimeout as delay } from "node:timers/promises";
import type { Readiness } from "@muster/contract";
import { MusterError, type Run } from "@muster/kernel";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, paintFor } from "../output/io.ts";
import { verdictText } from "../output/verdict-text.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { createStepList, type StepList } from "../up/step-list.ts";
import { openServerSession, type ServerSession } from "./server-session.ts";

/** What `muster run` was asked for. */
export interface RunRequest {
  readonly data: () => string;
  readonly gate: string | undefined;
  readonly json: boolean;
}

const POLL_MS = 200;

/** Has the running server look again, and tells what it came to. */
export async function runAgain(request: RunRequest, io: Io): Promise<ExitCode> {
  await using server = await openServerSession(request.data, io);
  const gate = request.gate === undefined ? {} : { gate: request.gate };
  const query = request.gate === undefined ? "" : `?gate=${encodeURIComponent(request.gate)}`;
  const { id } = await server.post<Run>("/api/v1/runs", gate);

  const steps = createStepList(io, paintFor(io.errIsTerminal, io.env));
  let shown: Run | undefined;
  while (shown === undefined || shown.state === "running") {
    await delay(POLL_MS);
    const now = await readRun(server, id);
    if (now) showNews(shown, now, steps);
    shown = now ?? shown;
  }
  steps.settle();
  if (shown.state === "aborted") {
    throw new MusterError("interrupted", `run ${id} was aborted: ${shown.summary ?? "nobody noted why"}`);
  }

  const { verdict, checks, head } = await server.get<Readiness>(`/api/v1/readiness${query}`);
  if (request.json) {
    const result = verdict.go ? "good" : "bad";
    printEnvelope(io, { command: "run", result, verdict: verdict.sentence, data: { run: id, verdict, checks, head } });
  } else {
    io.out(verdictText(verdict, checks, paintFor(io.outIsTerminal, io.env), io.columns()));
  }
  return verdict.go ? EXIT.good : EXIT.bad;
}

/** A run; undefined for the moment before it is written down. */
async function readRun(server: Pick<ServerSession, "get">, id: string): Promise<Run | undefined> {
  try {
    return await server.get<Run>(`/api/v1/runs/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof MusterError && error.code === "not-found") return undefined;
    throw error;
  }
}

function showNews(before: Run | undefined, now: Run, steps: StepList): void {
  for (const { title: _title, id: step, ...news } of now.steps) {
    const known = before?.steps.find((each) => each.id === step);
    if (news.state !== "waiting" && known?.state !== news.state) steps.change({ step, ...news });
  }
}
