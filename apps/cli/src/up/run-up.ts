import { join } from "node:path";
import type { Announcement } from "@muster/contract";
import { ERRORS, MusterError } from "@muster/kernel";
import { printEnvelope } from "../output/envelope.ts";
import { type Io, paintFor } from "../output/io.ts";
import { shortPath } from "../output/path.ts";
import { forgetConsole, noteConsole } from "../local/console-address.ts";
import { problemEnvelope, problemText } from "../output/problem.ts";
import { verdictText } from "../output/verdict-text.ts";
import { EXIT, type ExitCode } from "../program/command.ts";
import { onInterruption } from "./interruption.ts";
import { type ServerEnd, startServer } from "./server-process.ts";
import { createStepList } from "./step-list.ts";

const SERVING = "Serving until Ctrl-C.";

/** What `muster up` was asked for. */
export interface UpRequest {
  readonly config: string;
  readonly data: string;
  readonly port: number | undefined;
  readonly once: boolean;
  readonly json: boolean;
  readonly gate: string | undefined;
}

type Listening = Extract<Announcement, { type: "listening" }>;
type Verdict = Extract<Announcement, { type: "verdict" }>;
type Failed = Extract<Announcement, { type: "failed" }>;

/** Starts the server, shows what it does, and stays until it ends. */
export async function runUp(request: UpRequest, io: Io): Promise<ExitCode> {
  const paint = paintFor(io.outIsTerminal, io.env);
  const steps = createStepList(io, paintFor(io.errIsTerminal, io.env));
  let listening: Listening | undefined;
  let verdict: Verdict | undefined;
  let failed: Failed | undefined;
  let stopped = false;
  let noted: Promise<void> | undefined;

  const server = startServer({ flags: flagsOf(request), data: request.data, env: process.env }, (announcement) => {
    switch (announcement.type) {
      case "step":
        steps.change(announcement.change);
        break;
      case "notice":
        steps.notice(announcement.text);
        break;
      case "listening":
        listening = announcement;
        // Before the verdict, so that whoever wants to can watch it come about.
        steps.notice(`watch in the console: ${announcement.signIn ?? announcement.url}`);
        noted = noteConsole(request.data, announcement.url);
        break;
      case "verdict":
        verdict = announcement;
        steps.settle();
        showVerdict(request, announcement, listening, io);
        break;
      case "failed":
        failed = announcement;
        steps.settle();
        showFailure(request, announcement, io);
        break;
    }
  });
  const ignore = onInterruption(
    {
      stop() {
        stopped = true;
        steps.settle();
        io.err("\nstopping; Ctrl-C again ends everything at once\n");
        server.stop();
      },
      end() {
        io.err("ending at once; what was acknowledged is on disk, and the next start cleans up\n");
        server.kill();
      },
    },
    io.now,
  );
  try {
    const end = await server.ended;
    steps.settle();
    if (stopped && end.signal === null) io.err(`${paint("strong", "stopped")}\n`);
    return exitCode(end, { request, stopped, judged: verdict !== undefined, failed, output: server.output });
  } finally {
    ignore();
    if (noted) await noted.then(() => forgetConsole(request.data)).catch(() => undefined);
  }
}

/** Where the server writes what it does, in full. */
function serverLog(data: string): string {
  return join(data, "logs", "muster.log");
}

function flagsOf({ config, data, port, once, gate }: UpRequest): string[] {
  return [
    "--config",
    config,
    "--data",
    data,
    ...(port === undefined ? [] : ["--port", String(port)]),
    ...(once ? ["--once"] : []),
    ...(gate === undefined ? [] : ["--gate", gate]),
  ];
}

function showVerdict(request: UpRequest, announcement: Verdict, listening: Listening | undefined, io: Io): void {
  const { run, verdict, checks, files, head } = announcement;
  if (request.json) {
    printEnvelope(io, {
      command: "up",
      result: verdict.go ? "good" : "bad",
      verdict: verdict.sentence,
      data: {
        run,
        verdict,
        checks,
        files,
        head,
        ...(listening ? { console: { url: listening.url, signIn: listening.signIn } } : {}),
      },
    });
    return;
  }
  const paint = paintFor(io.outIsTerminal, io.env);
  const label = (text: string): string => paint("quiet", text.padEnd(8));
  const lines = [
    "",
    `${label("report")} ${shortPath(files.html, io.cwd)}`,
    `${label("facts")} ${shortPath(files.facts, io.cwd)}`,
    `${label("log")} ${shortPath(serverLog(request.data), io.cwd)}`,
    `${label("ledger")} record ${head.seq}, ${head.hash.slice(0, 16)}`,
  ];
  if (listening) {
    lines.push(`${label("console")} ${listening.url}`);
    if (listening.signIn !== undefined) lines.push(`${label("sign in")} ${listening.signIn}`);
    const link = "The sign-in link is good once, within an hour; `muster link` prints another.";
    lines.push("", listening.signIn === undefined ? SERVING : `${SERVING} ${link}`);
  }
  io.out(`${verdictText(verdict, checks, paint, io.columns())}${lines.join("\n")}\n`);
}

function showFailure(request: UpRequest, { code, message, problems }: Failed, io: Io): void {
  const error = new MusterError(code, message, { problems });
  if (request.json) io.out(`${JSON.stringify(problemEnvelope("up", error), null, 2)}\n`);
  else {
    io.err(problemText(error, paintFor(io.errIsTerminal, io.env), io.columns()));
    io.err(`log: ${shortPath(serverLog(request.data), io.cwd)}\n`);
  }
}

function exitCode(
  end: ServerEnd,
  seen: {
    readonly request: UpRequest;
    readonly stopped: boolean;
    readonly judged: boolean;
    readonly failed: Failed | undefined;
    readonly output: string;
  },
): ExitCode {
  if (end.code === 0) {
    // Told to stop before there was a verdict, a single judgement is not good, it is missing.
    return seen.request.once && !seen.judged ? EXIT.unjudged : EXIT.good;
  }
  if (end.code === EXIT.bad && seen.judged) return EXIT.bad;
  if (seen.failed && end.code !== null) return ERRORS[seen.failed.code].exit;
  if (seen.stopped) return EXIT.unjudged;
  const how = end.signal === null ? `with exit code ${end.code}` : `by ${end.signal}`;
  throw new MusterError("internal", `the server was ended ${how}; what it printed is in ${seen.output}`);
}
