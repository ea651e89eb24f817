import {
  CATEGORIES,
  type Category,
  type Clock,
  type Collection,
  durationMs,
  type ErrorCode,
  ERRORS,
  type Instant,
  type Ledger,
  type Run,
  type RunEvidence,
  type RunStepId,
  type RunStore,
  type Secret,
  type Sha256,
  type StepChange,
  type Subject,
  toInstant,
  waitingSteps,
  applyStepChange,
} from "@muster/kernel";
import {
  type Catalog,
  type Configuration,
  type EnvironmentConfiguration,
  plannedChecks,
  type Readiness,
  type RunFiles,
} from "@muster/contract";
import { targetOf } from "../environment.ts";
import { readReadiness } from "../readiness.ts";
import { gather, planFor, record, tally } from "./assess.ts";

/** What somebody asked for. Plain JSON, since it outlives the process that asked. */
export interface RunRequest {
  readonly run: string;
  readonly environment: string;
  readonly gate: string;
  readonly actor: string;
  readonly requestedAt: Instant;
  /** Digest of the configuration that was in force; a run never continues under another one. */
  readonly configurationDigest: string;
  /** Steps that were done before the run could be recorded: starting and migrating the database. */
  readonly prologue: readonly StepChange[];
}

/** What a run came to. */
export type RunResult =
  | { readonly state: "completed"; readonly readiness: Readiness; readonly files: RunFiles }
  | { readonly state: "aborted"; readonly code: ErrorCode; readonly reason: string };

/** Everything that a report is written from. */
export interface RunRecord {
  readonly run: Run;
  readonly readiness: Readiness;
  readonly collections: readonly Collection[];
}

/**
 * Remembers what steps returned, across crashes of the process. A step may begin twice, so each is
 * written to do nothing the second time; once it returned, it never runs again.
 */
export interface DurableSteps {
  step<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export interface RunDependencies {
  readonly configuration: Configuration;
  readonly configurationDigest: string;
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly sha256: Sha256;
  /** Tells everybody who watches about news of a run. */
  announce(run: Run, change?: StepChange): Promise<void>;
  /** Address of an environment's service, which is started first where the configuration says how. */
  serviceAddress(environment: string): Promise<URL>;
  /** Muster's own database, for environments that name it. */
  readonly ownDatabase: Secret;
  writeReport(record: RunRecord): Promise<RunFiles>;
  /** Aborted when this process is about to stop. */
  readonly stopping: AbortSignal;
}

/** A run that lay interrupted for longer says nothing about the service as it is now. */
const LONGEST_INTERRUPTION = "1h";

/**
 * Takes an environment from nothing to a verdict: start the service, look at its health, its
 * security, its behaviour under load, decide the gate, write the report.
 *
 * Killed in the middle, it goes on at the next start. Where that would mix two worlds (another
 * configuration, an hour gone by) it ends as aborted, with the evidence that was gathered. It is
 * never left half done.
 */
export async function runWorkflow(
  request: RunRequest,
  steps: DurableSteps,
  dependencies: RunDependencies,
): Promise<RunResult> {
  const step = <T>(id: RunStepId, work: () => Promise<{ result: T; note?: string }>): Promise<T> =>
    steps.step(id, () => timed(id, request, dependencies, work));
  await steps.step("begin", () => begin(request, dependencies));
  try {
    await step("service", async () => {
      const address = await dependencies.serviceAddress(request.environment);
      return { result: address.href, note: address.host };
    });
    const collections: Collection[] = [];
    for (const category of CATEGORIES) {
      collections.push(await step(category, () => assessCategory(category, request, dependencies)));
    }
    const readiness = await step("gate", async () => {
      const decided = await readReadiness(dependencies, request.gate);
      return { result: decided, note: decided.verdict.go ? "go" : "no-go" };
    });
    const files = await step("report", async () => {
      const run = await existingRun(request.run, dependencies);
      return { result: await dependencies.writeReport({ run, readiness, collections }) };
    });
    await end("completed", readiness.verdict.sentence, request, dependencies);
    return { state: "completed", readiness, files };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await end("aborted", reason, request, dependencies);
    return { state: "aborted", code: codeOf(error), reason };
  }
}

/** The code of a failure. One that was remembered across a crash has lost its class but not its code. */
function codeOf(error: unknown): ErrorCode {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" && code in ERRORS ? (code as ErrorCode) : "internal";
}

/** Why a run may not go on, although nothing failed. */
class Interrupted extends Error {
  override readonly name = "Interrupted";
}

async function begin(request: RunRequest, dependencies: RunDependencies): Promise<void> {
  const { runs, configuration, ledger } = dependencies;
  if (!(await runs.find(request.run))) {
    const run: Run = {
      id: request.run,
      service: configuration.service.name,
      environment: request.environment,
      state: "running",
      startedAt: request.requestedAt,
      steps: request.prologue.reduce(applyStepChange, waitingSteps()),
    };
    await runs.start(run);
    await dependencies.announce(run);
  }
  await ledger.append([
    milestone("started", `asked for by ${request.actor}`, request.requestedAt, request, dependencies),
  ]);
}

async function assessCategory(
  category: Category,
  request: RunRequest,
  dependencies: RunDependencies,
): Promise<{ result: Collection; note: string }> {
  const { configuration, catalog, clock, stopping } = dependencies;
  // A run names an environment of the configuration whose digest it carries.
  const environment = configuration.environments[request.environment] as EnvironmentConfiguration;
  const url = await dependencies.serviceAddress(request.environment);
  const collection = await gather(
    {
      run: request.run,
      actor: request.actor,
      subject: subjectOf(request, configuration),
      target: targetOf(environment, url, dependencies.ownDatabase),
      allowed: environment.allow,
      plan: planFor(category, plannedChecks(configuration, catalog), catalog),
      signal: stopping,
    },
    catalog,
    clock,
  );
  await unlessStopping(stopping);
  const records = await record(collection, dependencies);
  const outcomes = records.flatMap(({ evidence }) => (evidence.kind === "judgement" ? [evidence.outcome] : []));
  return { result: collection, note: tally(outcomes) };
}

/** Runs one step with news before and after it, and refuses when the world has changed since the run began. */
async function timed<T>(
  id: RunStepId,
  request: RunRequest,
  dependencies: RunDependencies,
  work: () => Promise<{ result: T; note?: string }>,
): Promise<T> {
  const { clock, runs, stopping } = dependencies;
  const tell = async (change: StepChange): Promise<void> => {
    await dependencies.announce(await runs.change(request.run, change), change);
  };
  const began = clock.now();
  try {
    if (request.configurationDigest !== dependencies.configurationDigest) {
      throw new Interrupted("the run was interrupted, and the configuration is another one now");
    }
    if (began - Date.parse(request.requestedAt) > durationMs(LONGEST_INTERRUPTION)) {
      throw new Interrupted(`the run was interrupted for more than ${LONGEST_INTERRUPTION}`);
    }
    await tell({ step: id, state: "running" });
    const { result, note } = await work();
    await unlessStopping(stopping);
    await tell({ step: id, state: "done", ms: clock.now() - began, ...(note === undefined ? {} : { note }) });
    return result;
  } catch (error) {
    await unlessStopping(stopping);
    const note = error instanceof Error ? error.message : String(error);
    await tell({ step: id, state: "failed", ms: clock.now() - began, note });
    throw error;
  }
}

/**
 * Once the process is stopping, what a step sees is the stopping itself: the service goes away, the
 * collectors are cancelled. Such a step must end neither well nor badly, so it does not end at all;
 * the next start repeats it.
 */
async function unlessStopping(stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) await new Promise<never>(() => {});
}

/**
 * Ends a run. This is no remembered step: an end that could not be written, on a full disk for
 * instance, must be tried again and not be remembered as failed. Writing it twice changes nothing.
 */
async function end(
  state: "completed" | "aborted",
  summary: string,
  request: RunRequest,
  dependencies: RunDependencies,
): Promise<void> {
  const { runs, ledger, clock } = dependencies;
  await unlessStopping(dependencies.stopping);
  const at = toInstant(clock.now());
  await ledger.append([milestone(state, summary, at, request, dependencies)]);
  await dependencies.announce(await runs.finish(request.run, state, summary, at));
}

function milestone(
  what: RunEvidence["milestone"],
  summary: string,
  at: Instant,
  request: RunRequest,
  { configuration }: RunDependencies,
): RunEvidence {
  return {
    v: 1,
    kind: "run",
    // One id for both ends, so that a run can be completed or aborted, never both.
    id: `${request.run}/${what === "started" ? "started" : "ended"}`,
    at,
    actor: request.actor,
    subject: subjectOf(request, configuration),
    run: request.run,
    milestone: what,
    summary,
  };
}

function subjectOf(request: RunRequest, configuration: Configuration): Subject {
  return { service: configuration.service.name, environment: request.environment };
}

async function existingRun(id: string, { runs }: RunDependencies): Promise<Run> {
  const run = await runs.find(id);
  if (!run) throw new Error(`run ${id} is not in the database`);
  return run;
}
