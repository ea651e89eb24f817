import type { Readiness } from "@muster/contract";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { useServices } from "../app/services.ts";
import { runCommand } from "../palette/commands.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";

/** Says what a run will do before it does it. */
export function RunDialog({ readiness, onClose }: { readonly readiness: Readiness; readonly onClose: () => void }) {
  const { api } = useServices();
  const queries = useQueryClient();
  const { verdict, environment, service } = readiness;
  const start = useMutation({
    mutationFn: () => api.startRun(verdict.gate),
    onSuccess: (run) => {
      queries.setQueriesData<Readiness>({ queryKey: KEYS.everyReadiness }, (known) =>
        known && known.environment === run.environment ? { ...known, run } : known,
      );
      onClose();
    },
  });
  return (
    <Dialog title={`Run again on ${environment}`} onClose={onClose}>
      <p>
        Muster looks at {service.title} in <strong>{environment}</strong> anew: its health, then its security, then its
        behaviour under the load that the configuration allows there. What it sees becomes evidence, and the gate{" "}
        {verdict.title} is decided from it.
      </p>
      <p className="soft">Nothing is changed on the service. Earlier evidence stays.</p>
      <div className="field">
        <span className="small soft">The same from a terminal</span>
        <CommandLine command={runCommand(verdict.gate)} />
      </div>
      {start.error && <ProblemPanel failure={asFailure(start.error)} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-primary"
          onClick={() => start.mutate()}
          disabled={start.isPending}
        >
          {start.isPending ? "Starting" : "Start the run"}
        </button>
      </footer>
    </Dialog>
  );
}
