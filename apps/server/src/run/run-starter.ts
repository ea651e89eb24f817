import { defaultGate, type RunDependencies, type RunRequest, type RunResult } from "@muster/application";
import { gateOf } from "@muster/contract";
import { MusterError, type Run, type StepChange, toInstant, waitingSteps } from "@muster/kernel";
import type { DurableWorkflows } from "../durable/workflows.ts";

/** Starts runs and puts in order what a crash left. */
export interface RunStarter {
  /**
   * Starts a run for a gate and returns it as it begins.
   * @throws {MusterError} `run-active` while the environment is being looked at.
   */
  start(actor: string, gate: string | undefined, prologue: readonly StepChange[]): Promise<Run>;
  /** What a run came to, once it ended. */
  result(run: string): Promise<RunResult>;
  /** Ends, as aborted, runs whose workflow cannot go on. Returns the runs that do go on. */
  reconcile(): Promise<readonly Run[]>;
}

/** `newRunId` gives an id that sorts by time. */
export function createRunStarter(
  workflows: DurableWorkflows<RunRequest, RunResult>,
  dependencies: RunDependencies,
  newRunId: () => string,
): RunStarter {
  const { configuration, configurationDigest, runs, ledger, clock } = dependencies;
  const starter: RunStarter = {
    async start(actor, gateName, prologue) {
      const gate = gateName ?? defaultGate(configuration);
      gateOf(configuration, gate);
      // gateOf has shown that the gate exists.
      const { environment } = configuration.gates[gate] as (typeof configuration.gates)[string];
      await starter.reconcile();
      const active = (await runs.active()).find(
        (run) => run.environment === environment && run.service === configuration.service.name,
      );
      if (active) throw new MusterError("run-active", `${environment} is being looked at by run ${active.id}`);
      const run: Run = {
        id: newRunId(),
        service: configuration.service.name,
        environment,
        state: "running",
        startedAt: toInstant(clock.now()),
        steps: waitingSteps(),
      };
      await workflows.start(run.id, {
        run: run.id,
        environment,
        gate,
        actor,
        requestedAt: run.startedAt,
        configurationDigest,
        prologue,
      });
      return run;
    },

    result: (run) => workflows.result(run),

    async reconcile() {
      const goingOn: Run[] = [];
      for (const run of await runs.active()) {
        if ((await workflows.state(run.id)) === "going-on") {
          goingOn.push(run);
          continue;
        }
        const at = toInstant(clock.now());
        const summary = "Muster failed while the run went on";
        await ledger.append([
          {
            v: 1,
            kind: "run",
            id: `${run.id}/ended`,
            at,
            actor: "muster",
            subject: { service: run.service, environment: run.environment },
            run: run.id,
            milestone: "aborted",
            summary,
          },
        ]);
        await dependencies.announce(await runs.finish(run.id, "aborted", summary, at));
      }
      return goingOn;
    },
  };
  return starter;
}
