import { listed } from "@muster/report/reading";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { shellWord } from "../evidence/filters.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { DriftTable } from "./drift-table.tsx";
import { Loaded, NeedsRole } from "./loaded.tsx";
import { MonitoringPanel } from "./monitoring-panel.tsx";
import type { ColumnDrift, DatasetSummary } from "./platform.ts";
import { platformQuery, usePlatform } from "./use-platform.ts";

/** How far the data has moved from what the model was trained on. */
export function DriftPanel({ model, columns }: { readonly model: string; readonly columns: readonly string[] }) {
  return (
    <>
      <MonitoringPanel model={model} />
      <section className="section" aria-labelledby="compare">
        <h2 id="compare">Compare two data sets</h2>
        <p className="soft prose">
          Put the rows that {model} was trained on against newer ones, column by column. The size of the move comes
          first: with many rows every difference is significant.
        </p>
        <NeedsRole role="responder" what="Comparing data sets">
          <Comparison columns={columns} />
        </NeedsRole>
      </section>
    </>
  );
}

function Comparison({ columns }: { readonly columns: readonly string[] }) {
  const platform = usePlatform();
  const datasets = useQuery(platformQuery<readonly DatasetSummary[]>(platform, "/datasets"));
  return (
    <Loaded query={datasets} label="Reading the data sets" rows={2}>
      {(list) => {
        const names = list.filter(({ current }) => current !== null).map(({ name }) => name);
        return names.length === 0 ? (
          <Empty title="There is no data to compare">
            Upload the rows of the training and newer ones under Models, Data. For sensor-anomaly the platform brings
            reference.csv and outdoors.csv beside its model.
          </Empty>
        ) : (
          <CompareForm names={names} columns={columns} />
        );
      }}
    </Loaded>
  );
}

function CompareForm({
  names,
  columns,
}: {
  readonly names: readonly string[];
  /** What the model takes in, as far as its card says. */
  readonly columns: readonly string[];
}) {
  const platform = usePlatform();
  const [reference, setReference] = useState(names.find((name) => name.includes("reference")) ?? names[0] ?? "");
  const [current, setCurrent] = useState(names.find((name) => name !== reference) ?? names[0] ?? "");
  const [where, setWhere] = useState("");
  const [ownOnly, setOwnOnly] = useState(columns.length > 0);
  const body = {
    reference: { dataset: reference },
    current: { dataset: current, ...(where.trim() === "" ? {} : { where: where.trim() }) },
    ...(ownOnly ? { columns } : {}),
  };
  const compare = useMutation({
    mutationFn: async () =>
      (await platform.ask<{ columns: readonly ColumnDrift[] }>("POST", "/drift", { body })).answer,
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    compare.mutate();
  }

  const choice = (label: string, value: string, change: (value: string) => void) => (
    <label className="field">
      <span>{label}</span>
      <span className="select select-wide">
        <select value={value} onChange={(event) => change(event.target.value)}>
          {names.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </span>
    </label>
  );
  return (
    <>
      <form className="panel compare" onSubmit={submit}>
        <div className="compare-fields">
          {choice("Reference", reference, setReference)}
          {choice("Compared with", current, setCurrent)}
          <label className="field">
            <span>
              Only its rows where <span className="faint">optional</span>
            </span>
            <input
              type="text"
              className="mono"
              value={where}
              spellCheck={false}
              placeholder="reading > 1000"
              onChange={(event) => setWhere(event.target.value)}
            />
          </label>
        </div>
        <div className="try-foot">
          <button type="submit" className="button button-primary" disabled={compare.isPending}>
            {compare.isPending ? "Comparing" : "Compare"}
          </button>
          {columns.length > 0 && (
            <label className="choice">
              <input type="checkbox" checked={ownOnly} onChange={(event) => setOwnOnly(event.target.checked)} />
              Only {listed(columns)}, which the model takes in
            </label>
          )}
        </div>
        <CommandLine
          command={`curl -s "$MODELS_URL/v1/drift" -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d ${shellWord(JSON.stringify(body))}`}
        />
      </form>
      <div aria-live="polite">
        {compare.error && <ProblemPanel failure={asFailure(compare.error)} />}
        {compare.data && <DriftTable columns={compare.data.columns} />}
      </div>
    </>
  );
}
