import { counted } from "@muster/report/reading";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { shellWord } from "../evidence/filters.ts";
import { Dialog } from "../parts/dialog.tsx";
import { DialogEnd } from "../parts/dialog-end.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { Bones } from "../states/skeleton.tsx";
import type { DatasetSummary, JobPlan, ModelSummary } from "./platform.ts";
import { platformQuery, usePlatform } from "./use-platform.ts";

/** Asks the platform what a job would do, shows it, and submits only then. */
export function JobDialog({ onClose }: { readonly onClose: () => void }) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const models = useQuery(platformQuery<readonly ModelSummary[]>(platform, "/models"));
  const datasets = useQuery(platformQuery<readonly DatasetSummary[]>(platform, "/datasets"));
  const served = models.data?.filter(({ aliases }) => aliases["champion"] !== undefined) ?? [];
  const usable = datasets.data?.filter(({ current }) => current !== null) ?? [];
  const [chosenModel, setModel] = useState<string>();
  const [chosenDataset, setDataset] = useState<string>();
  const [format, setFormat] = useState<"parquet" | "csv">("parquet");
  // Nothing is asked before it was chosen: most data does not fit most models.
  const model = chosenModel ?? onlyNameOf(served);
  const dataset = chosenDataset ?? onlyNameOf(usable);
  const body = { model, dataset, format };
  const plan = useQuery({
    queryKey: KEYS.platform(platform.environment, "/jobs", "plan", body),
    queryFn: async ({ signal }) =>
      (await platform.ask<JobPlan>("POST", "/jobs", { body: { ...body, dryRun: true }, signal })).answer,
    enabled: model !== "" && dataset !== "",
    retry: false,
  });
  const submit = useMutation({
    mutationFn: () => platform.ask("POST", "/jobs", { body }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) });
      onClose();
    },
  });

  const choice = (label: string, value: string, names: readonly string[], change: (value: string) => void) => (
    <label className="field">
      <span>{label}</span>
      <span className="select select-wide">
        <select value={value} onChange={(event) => change(event.target.value)}>
          {value === "" && <option value="">choose</option>}
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </span>
    </label>
  );
  return (
    <Dialog title="Predict a data set" onClose={onClose} wide>
      <form
        className="form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submit.mutate();
        }}
      >
        <div className="compare-fields">
          {choice(
            "Model",
            model,
            served.map(({ name }) => name),
            setModel,
          )}
          {choice(
            "Data set",
            dataset,
            usable.map(({ name }) => name),
            setDataset,
          )}
          {choice("Result as", format, ["parquet", "csv"], (value) => setFormat(value === "csv" ? "csv" : "parquet"))}
        </div>
        {datasets.data && usable.length === 0 ? (
          <p className="soft">There is no data set with a version that passed its rules. Upload one under Data.</p>
        ) : plan.error ? (
          <ProblemPanel failure={asFailure(plan.error)} />
        ) : plan.data ? (
          <Plan plan={plan.data} />
        ) : model === "" || dataset === "" ? (
          <p className="soft">Choose both to see what the job would do.</p>
        ) : (
          <Bones rows={2} label="Asking what the job would do" />
        )}
        <DialogEnd
          command={`curl -s "$MODELS_URL/v1/jobs" -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d ${shellWord(JSON.stringify(body))}`}
          change={submit}
          label="Submit the job"
          doing="Submitting"
          ready={plan.data !== undefined}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function Plan({ plan }: { readonly plan: JobPlan }) {
  return (
    <ul className="will">
      <li>
        Version {plan.version} of {plan.model} predicts {counted(plan.rowsTotal, "row")} of {plan.dataset} version{" "}
        {plan.datasetVersion}; both stay fixed, whatever is promoted or uploaded meanwhile.
      </li>
      {plan.inputs.map(({ input, columns }) => (
        <li key={input}>
          <code>{input}</code> is taken from <code>{columns.join(", ")}</code>.
        </li>
      ))}
      <li>
        The result has the columns of the data set and{" "}
        <code>{plan.outputs.map(({ column }) => column).join(", ")}</code>; <code>{plan.errorColumn}</code> says why a
        row has no prediction.
      </li>
      <li>Callers come first: the job uses what they leave, and can be cancelled.</li>
    </ul>
  );
}

/** The name of the only one there is to choose; empty where there is a choice. */
function onlyNameOf(named: readonly { readonly name: string }[]): string {
  return named.length === 1 ? (named[0]?.name ?? "") : "";
}
