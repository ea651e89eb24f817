import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  loadConfiguration,
  nodeSha256,
  openPool,
  postgresIdentity,
  postgresLedger,
  postgresLiveEvents,
  postgresLoadTests,
  postgresRuns,
} from "@muster/adapters";
import {
  issueAdminLink,
  type RunDependencies,
  type RunRequest,
  type RunResult,
  runWorkflow,
  signInPath,
} from "@muster/application";
import { createCatalog } from "@muster/catalog";
import { canonicalJson, type Clock, type Json, MusterError, type RunStepId, type StepChange } from "@muster/kernel";
import { runConstantRate } from "@muster/load";
import { destination, type Logger, pino } from "pino";
import { type Announce, createAnnounce } from "./announcer.ts";
import { migrateDatabase, openDatabase } from "./database.ts";
import { openWorkflows } from "./durable/workflows.ts";
import { createApp } from "./http/app.ts";
import { listen } from "./listen.ts";
import { readOptions, type ServerOptions } from "./options.ts";
import { writeRunFiles } from "./run/report-files.ts";
import { createRunStarter, type RunStarter } from "./run/run-starter.ts";
import { newRunId } from "./run/run-id.ts";
import { createServices } from "./service/services.ts";
import packageJson from "../package.json" with { type: "json" };

/** Rules change with the program, so a run does not continue under another version of it. */
const { version: VERSION } = packageJson;
const CONSOLE_FOLDER = fileURLToPath(new URL("../../console/dist", import.meta.url));

const clock: Clock = { now: () => Date.now() };

/** Puts the parts together, runs until it is told to stop, and takes them apart in reverse order. */
async function serve(options: ServerOptions, announce: Announce, stopping: AbortSignal): Promise<number> {
  const dataFolder = resolve(options.data);
  const folder = {
    logs: join(dataFolder, "logs"),
    runs: join(dataFolder, "runs"),
    services: join(dataFolder, "services"),
  };
  await mkdir(folder.logs, { recursive: true });
  const log = openLog(folder.logs);
  const onNotice = (text: string): void => {
    log.info({ notice: text });
    announce({ type: "notice", text });
  };
  await using parts = new AsyncDisposableStack();

  const catalog = createCatalog({ load: runConstantRate });
  const configuration = await loadConfiguration(options.config, catalog);
  const configurationDigest = nodeSha256(canonicalJson({ version: VERSION, configuration } as unknown as Json));

  const prologue: StepChange[] = [];
  const prepare = async <T>(step: RunStepId, work: () => Promise<{ result: T; note: string }>): Promise<T> => {
    announce({ type: "step", change: { step, state: "running" } });
    const began = clock.now();
    const { result, note } = await work();
    const change: StepChange = { step, state: "done", ms: clock.now() - began, note };
    prologue.push(change);
    announce({ type: "step", change });
    return result;
  };
  const database = await prepare("database", async () => {
    const opened = await openDatabase({ env: process.env, dataFolder, onNotice, signal: stopping });
    parts.defer(() => opened.close());
    return { result: opened, note: opened.note };
  });
  await prepare("migrations", async () => ({ result: undefined, note: await migrateDatabase(database) }));

  const pool = openPool(database.url, { applicationName: "muster server" });
  parts.defer(() => pool.end());
  const ledger = postgresLedger(pool);
  const runs = postgresRuns(pool);
  const identity = postgresIdentity(pool);
  const live = await postgresLiveEvents({ url: database.url, pool });
  parts.defer(() => live.close());

  const services = createServices({
    configuration,
    cwd: dirname(resolve(options.config)),
    folder: folder.services,
    env: process.env,
    openDatabase: (name) => database.openServiceDatabase(name),
    clock,
    onNotice,
    signal: stopping,
  });
  parts.defer(() => services.stop());

  const dependencies: RunDependencies = {
    configuration,
    configurationDigest,
    catalog,
    ledger,
    runs,
    clock,
    sha256: nodeSha256,
    async announce(run, change) {
      if (change) announce({ type: "step", change });
      await live.publish({ type: "run.changed", run });
    },
    serviceAddress: (environment) => services.address(environment),
    ownDatabase: database.url,
    writeReport: (record) => writeRunFiles(record, { ledger, folder: folder.runs, version: VERSION }),
    stopping,
  };
  const workflows = await openWorkflows<RunRequest, RunResult>({
    url: database.url,
    name: "run",
    log,
    async workflow(request, steps) {
      const result = await runWorkflow(request, steps, dependencies);
      if (result.state === "completed") announceVerdict(request.run, result, announce);
      else onNotice(`run ${request.run} was aborted: ${result.reason}`);
      return result;
    },
  });
  parts.defer(() => workflows.stop());
  const starter = createRunStarter(workflows, dependencies, () => newRunId(clock));

  if (!options.once) {
    const signIn = { identity, clock, sha256: nodeSha256, randomToken: () => randomBytes(32).toString("base64url") };
    const app = await createApp(
      {
        ...dependencies,
        ...signIn,
        live,
        loadTests: postgresLoadTests(pool),
        startRun: (actor, gate) => starter.start(actor, gate, prologue),
        modelPlatform: (environment) => services.modelPlatform(environment),
        async ping() {
          await pool.query("select 1");
        },
        consoleFolder: CONSOLE_FOLDER,
      },
      log,
    );
    parts.defer(() => app.close());
    const url = await listen(app, options.host, options.port, onNotice);
    announce({ type: "listening", url, signIn: new URL(signInPath(await issueAdminLink(signIn)), url).href });
  }

  const ended = Promise.withResolvers<number>();
  const stopped = async (): Promise<void> => {
    await database.announceClosing();
    ended.resolve(0);
  };
  stopping.addEventListener("abort", () => void stopped(), { once: true });
  if (stopping.aborted) await stopped();
  void database.lost.then(ended.reject);
  let ending = false;
  const markEnding = (): void => {
    ending = true;
  };
  ended.promise.then(markEnding, markEnding);
  const judged = firstRun(starter, options.gate, prologue, onNotice);
  if (options.once) judged.then(exitCode).then(ended.resolve, ended.reject);
  else {
    judged.catch((error: unknown) => {
      // What fails because everything is being taken apart is no news.
      if (!ending) announceFailure(error, announce, log);
    });
  }
  return await ended.promise;
}

/** Continues the run that an earlier start left, or starts one. A run that could not be continued is followed by a new one. */
async function firstRun(
  starter: RunStarter,
  gate: string | undefined,
  prologue: readonly StepChange[],
  onNotice: (text: string) => void,
): Promise<RunResult> {
  const [left] = await starter.reconcile();
  if (left) {
    onNotice(`continuing run ${left.id}, which was interrupted`);
    // One that cannot be ended is ended by the next start, which says why where that fails too.
    const continued = await starter.result(left.id).catch(() => undefined);
    if (continued?.state === "completed") return continued;
  }
  const run = await starter.start("muster up", gate, prologue);
  return starter.result(run.id);
}

function announceVerdict(run: string, result: RunResult & { state: "completed" }, announce: Announce): void {
  const { readiness, files } = result;
  announce({ type: "verdict", run, verdict: readiness.verdict, checks: readiness.checks, files, head: readiness.head });
}

/** Exit codes of DESIGN: 0 good, 1 judged bad, 3 could not judge. */
function exitCode(result: RunResult): number {
  if (result.state === "aborted") throw new MusterError(result.code, result.reason);
  return result.readiness.verdict.go ? 0 : 1;
}

function announceFailure(error: unknown, announce: Announce, log?: Logger): MusterError {
  log?.error({ err: error }, "Muster could not go on");
  const named = error instanceof MusterError ? error : new MusterError("internal", messageOf(error), { cause: error });
  announce({ type: "failed", code: named.code, message: named.message, problems: named.problems });
  return named;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Beside a command the log goes to a file, since the terminal is the command's; alone it goes to standard error, for the journal. */
function openLog(folder: string): Logger {
  const lines = destination({ dest: process.send ? join(folder, "muster.log") : 2, sync: true });
  // A log that cannot be written, on a full disk for instance, must not end what it tells about.
  lines.on("error", () => {});
  return pino({ base: { service: "muster" } }, lines);
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
// The command that started this process is gone: nobody watches, so nothing may stay behind.
process.on("disconnect", () => stop.abort());

const announce = createAnnounce();
try {
  process.exitCode = await serve(readOptions(process.argv.slice(2)), announce, stop.signal);
} catch (error) {
  process.exitCode = announceFailure(error, announce).entry.exit;
}
// Parts are closed by now; what is left in the event loop is libraries' timers.
process.exit();
