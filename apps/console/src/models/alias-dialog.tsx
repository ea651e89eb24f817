import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { chartNumber } from "../parts/series.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Status } from "../parts/mark.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import type { ModelState } from "./model-page.tsx";
import type { Alias, AliasRecord, ModelVersion } from "./platform.ts";
import { usePlatform } from "./use-platform.ts";

/** A change that somebody wants to look at before it is made. */
export interface AliasChange {
  readonly alias: Alias;
  readonly to: ModelVersion;
  /** Whether it is the way back to what the alias named before. */
  readonly back: boolean;
}

/** Shows from where to where, and what will and will not happen; moves the alias only after that, and only if it still stood there. */
export function AliasDialog({
  change: { alias, to, back },
  state,
  onClose,
}: {
  readonly change: AliasChange;
  readonly state: ModelState;
  readonly onClose: () => void;
}) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const { model, versions } = state;
  const current = state[alias];
  const from = versions.find(({ version }) => version === current?.version);
  const [typed, setTyped] = useState("");
  const [tried, setTried] = useState(false);
  const needsName = alias === "champion";
  const named = !needsName || typed.trim() === model;
  const path = `/models/${encodeURIComponent(model)}/aliases/${alias}`;
  const precondition: Record<string, string> = current
    ? { "if-match": `"${current.revision}"` }
    : { "if-none-match": "*" };
  const set = useMutation({
    mutationFn: async () =>
      (await platform.ask<AliasRecord>("PUT", path, { body: { version: to.version }, headers: precondition })).answer,
    onSettled: () => queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) }),
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (named) set.mutate();
  }

  const verb = back ? "Roll back" : "Make";
  const title = back ? `Roll ${alias} back to version ${to.version}` : `Make version ${to.version} the ${alias}`;
  if (set.data) {
    return (
      <Dialog title={title} onClose={onClose}>
        <p>
          <Status mark={{ shape: "disc", tone: "pass", word: "done" }} /> {alias} of <strong>{model}</strong> names
          version {set.data.version} since now; this is change {set.data.revision}.
        </p>
        <footer className="dialog-foot">
          <button type="button" className="button button-primary" onClick={onClose}>
            Close
          </button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onClose} wide>
      <form onSubmit={submit} className="form" noValidate>
        <FromTo from={from} to={to} />
        <ul className="will">
          {willHappen(alias, from, to).map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {needsName && (
          <label className="field">
            <span>
              Type <code>{model}</code> to confirm
            </span>
            <input
              type="text"
              value={typed}
              autoComplete="off"
              spellCheck={false}
              aria-invalid={tried && !named}
              onChange={(event) => setTyped(event.target.value)}
            />
            {tried && !named && <span className="field-problem">That is not the name of this model.</span>}
          </label>
        )}
        <div className="field">
          <span className="small soft">The same from a terminal</span>
          <CommandLine command={aliasCommand(model, alias, to.version, current)} />
        </div>
        {set.error && <ProblemPanel failure={asFailure(set.error)} />}
        <footer className="dialog-foot">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button button-primary" disabled={set.isPending}>
            {set.isPending ? "Warming it up" : back ? verb : `${verb} it the ${alias}`}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function FromTo({ from, to }: { readonly from: ModelVersion | undefined; readonly to: ModelVersion }) {
  const names = [...new Set([...Object.keys(from?.card.metrics ?? {}), ...Object.keys(to.card.metrics ?? {})])];
  const figure = (version: ModelVersion | undefined, name: string): string => {
    const value = version?.card.metrics?.[name];
    return value === undefined ? "–" : chartNumber(value);
  };
  return (
    <table className="grid from-to">
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden-text">What</span>
          </th>
          <th scope="col" className="number">
            {from ? `now: version ${from.version}` : "now: none"}
          </th>
          <th scope="col" className="number">
            then: version {to.version}
          </th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">digest</th>
          <td className="number mono">{from ? from.digest.slice(0, 10) : "–"}</td>
          <td className="number mono">{to.digest.slice(0, 10)}</td>
        </tr>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="number mono">{figure(from, name)}</td>
            <td className="number mono">{figure(to, name)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function willHappen(alias: Alias, from: ModelVersion | undefined, to: ModelVersion): readonly string[] {
  const cases = to.card.golden?.cases.length ?? 0;
  const proof = cases === 0 ? "loaded" : `loaded and must repeat its golden ${cases === 1 ? "case" : "cases"}`;
  const sameInputs = from === undefined || JSON.stringify(from.signature) === JSON.stringify(to.signature);
  return [
    `Version ${to.version} is ${proof}; only then does the alias move. If it cannot, nothing changes.`,
    alias === "champion"
      ? `From that moment whoever asks for the model by name gets version ${to.version}; requests under way are finished by ${from ? `version ${from.version}` : "nobody else"}.`
      : `It answers nobody by itself: it gets the callers that Traffic gives it.`,
    ...(sameInputs ? [] : ["Its inputs or outputs differ from the present version's: callers may have to change."]),
    "What does not move: data sets, traffic shares, and answers that were remembered for other versions.",
  ];
}

function aliasCommand(model: string, alias: Alias, version: string, current: AliasRecord | null): string {
  const guard = current ? `if-match: "${current.revision}"` : "if-none-match: *";
  return `curl -s -X PUT "$MODELS_URL/v1/models/${model}/aliases/${alias}" -H "authorization: Bearer $KEY" -H 'content-type: application/json' -H '${guard}' -d '{"version":"${version}"}'`;
}
