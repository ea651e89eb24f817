import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useId, useMemo, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Status } from "../parts/mark.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { cellText, millisecondsText } from "./figures.ts";
import type { ModelState } from "./model-page.tsx";
import type { InferAnswer, ModelCard, ModelVersion, TensorData } from "./platform.ts";
import {
  type AnyField,
  beyondTraining,
  buildRequest,
  type Example,
  examplesOf,
  fieldsOf,
  type InferBody,
  inferCommand,
  type Values,
} from "./try-form.ts";
import { usePlatform } from "./use-platform.ts";

interface Tried {
  readonly answer: InferAnswer;
  readonly ms: number;
  readonly cached: boolean | undefined;
  /** What the training answered to the same values, where they are an example. */
  readonly expected: Example["expected"] | undefined;
}

/** A form made of the model's signature, filled with a row that the training left. */
export function TryPanel({ version, state }: { readonly version: ModelVersion; readonly state: ModelState }) {
  const { card, signature } = version;
  const platform = usePlatform();
  const queries = useQueryClient();
  const fields = useMemo(() => fieldsOf(signature.inputs, card), [signature, card]);
  const examples = useMemo(() => examplesOf(signature.inputs, card), [signature, card]);
  const [example, setExample] = useState(0);
  const [values, setValues] = useState<Values>(examples[0]?.values ?? {});
  const [fresh, setFresh] = useState(false);
  const [tried, setTried] = useState(false);
  const built = buildRequest(signature.inputs, fields, values);
  const problems = (tried ? built.problems : undefined) ?? {};
  const isExample = examples[example] !== undefined && sameValues(examples[example].values, values);

  const infer = useMutation({
    mutationFn: async (body: InferBody): Promise<Tried> => {
      const began = performance.now();
      const path = `/models/${encodeURIComponent(version.model)}/versions/${version.version}/infer`;
      const { answer, headers } = await platform.ask<InferAnswer>("POST", path, {
        body,
        ...(fresh ? { headers: { "cache-control": "no-cache" } } : {}),
      });
      const status = headers.get("cache-status");
      return {
        answer,
        ms: performance.now() - began,
        cached: status === null ? undefined : status.includes("hit"),
        expected: isExample ? examples[example]?.expected : undefined,
      };
    },
    onSuccess: () => void queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment, "/cache") }),
  });

  function show(next: number): void {
    setExample(next);
    setValues(examples[next]?.values ?? {});
    setTried(false);
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (built.body) infer.mutate(built.body);
  }

  return (
    <div className="try">
      <form onSubmit={submit} className="panel try-form" noValidate aria-label={`Try version ${version.version}`}>
        <div className="try-top">
          <VersionChoice version={version} state={state} />
          {examples.length > 0 && (
            <span className="try-examples">
              <button
                type="button"
                className="button button-small"
                onClick={() => show((example + 1) % examples.length)}
              >
                Next example
              </button>
              <span className="small faint">
                {isExample ? `example ${example + 1} of ${examples.length}` : "changed by you"}
              </span>
            </span>
          )}
        </div>
        <div className="try-fields">
          {fields.map((field) => (
            <TryField
              key={field.id}
              field={field}
              value={values[field.id] ?? ""}
              problem={problems[field.id]}
              onChange={(value) => setValues((before) => ({ ...before, [field.id]: value }))}
            />
          ))}
        </div>
        <div className="try-foot">
          <button type="submit" className="button button-primary" disabled={infer.isPending}>
            {infer.isPending ? "Asking" : "Predict"}
          </button>
          <label className="choice">
            <input type="checkbox" checked={fresh} onChange={(event) => setFresh(event.target.checked)} />
            Compute it anew
          </label>
        </div>
        {built.body && <CommandLine command={inferCommand(version.model, version.version, built.body, fresh)} />}
      </form>
      <div aria-live="polite" className="try-answer">
        {infer.error ? (
          <ProblemPanel failure={asFailure(infer.error)} />
        ) : infer.data ? (
          <Answer tried={infer.data} card={card} pending={infer.isPending} />
        ) : (
          <section className="panel empty">
            <div className="empty-body">
              <h2>No answer yet</h2>
              <p className="soft prose">
                The answer stands here, with how long it took and whether it was remembered or computed
                {examples.length > 0 ? ", and what the training answered to the same example" : ""}.
              </p>
            </div>
          </section>
        )}
      </div>
    </div>
  );
}

function VersionChoice({ version, state }: { readonly version: ModelVersion; readonly state: ModelState }) {
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/models/$model" });
  return (
    <label className="select">
      <span className="hidden-text">Version</span>
      <select
        value={version.version}
        onChange={(event) =>
          void navigate({
            to: "/models/$model",
            params: { model: version.model },
            search: { ...search, version: event.target.value },
            replace: true,
            resetScroll: false,
          })
        }
      >
        {state.versions.map((each) => (
          <option key={each.version} value={each.version}>
            version {each.version}
            {each.version === state.champion?.version ? ", champion" : ""}
            {each.version === state.challenger?.version ? ", challenger" : ""}
          </option>
        ))}
      </select>
    </label>
  );
}

function TryField({
  field,
  value,
  problem,
  onChange,
}: {
  readonly field: AnyField;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  const note = useId();
  const beyond = beyondTraining(field, value);
  const help = problem ?? beyond;
  const common = {
    value,
    "aria-invalid": problem !== undefined,
    "aria-describedby": help === undefined ? undefined : note,
  };
  const label = field.label.replaceAll("_", " ");
  return (
    <label className={field.kind === "list" ? "field try-list" : "field"}>
      <span>
        {label}
        {field.kind !== "list" && field.unit !== undefined && <span className="faint"> {field.unit}</span>}
        {field.kind === "list" && <span className="mono faint"> [{field.shape.join(", ")}]</span>}
      </span>
      {field.kind === "yes-no" ? (
        <select {...common} value={value || "false"} onChange={(event) => onChange(event.target.value)}>
          <option value="true">true</option>
          <option value="false">false</option>
        </select>
      ) : field.kind === "list" ? (
        <textarea {...common} rows={4} className="mono" onChange={(event) => onChange(event.target.value)} />
      ) : (
        <input
          {...common}
          type="text"
          inputMode={field.kind === "text" ? "text" : "decimal"}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
      {help !== undefined && (
        <span id={note} className={problem === undefined ? "small try-beyond" : "field-problem"}>
          {help}
        </span>
      )}
    </label>
  );
}

function Answer({
  tried: { answer, ms, cached, expected },
  card,
  pending,
}: {
  readonly tried: Tried;
  readonly card: ModelCard;
  readonly pending: boolean;
}) {
  const tolerance = card.golden?.tolerance ?? 0;
  const repeats = expected && answer.outputs.every((output) => within(output, expected[output.name], tolerance));
  return (
    <section className={pending ? "panel answer pending" : "panel answer"} aria-label="Answer">
      <div className="answer-head">
        <h2>Answer</h2>
        <dl className="answer-facts">
          <div>
            <dt className="hidden-text">Took</dt>
            <dd className="mono">{millisecondsText(ms)}</dd>
          </div>
          <div>
            <dt className="hidden-text">From</dt>
            <dd>{cached === undefined ? "computed, no cache asked" : cached ? "remembered" : "computed"}</dd>
          </div>
          <div>
            <dt className="hidden-text">By</dt>
            <dd>version {answer.model_version}</dd>
          </div>
        </dl>
      </div>
      {answer.outputs.map((output) => (
        <Output key={output.name} output={output} card={card} />
      ))}
      {repeats !== undefined && (
        <p className="answer-proof">
          {repeats ? (
            <Status mark={{ shape: "disc", tone: "pass", word: "as in the training" }} />
          ) : (
            <Status mark={{ shape: "square", tone: "fail", word: "not as in the training" }} />
          )}{" "}
          <span className="small faint">within {tolerance}</span>
        </p>
      )}
    </section>
  );
}

/** The values of one output. Shares of known classes get their names and a bar each. */
function Output({ output, card }: { readonly output: TensorData; readonly card: ModelCard }) {
  const { name, datatype, shape, data } = output;
  const own = card.outputs?.find((each) => each.name === name)?.labels;
  const any = card.outputs?.find((each) => each.labels?.length === data.length)?.labels;
  const isFloat = /^(FP|BF)/.test(datatype);
  const labels = isFloat && data.length > 1 ? (own ?? any) : undefined;
  const named = !isFloat && data.length === 1 ? own?.[Number(data[0])] : undefined;
  const areShares = isFloat && data.every((value) => typeof value === "number" && value >= 0 && value <= 1);
  return (
    <div className="output">
      <h3>
        {name}{" "}
        <span className="faint mono small">
          {datatype} [{shape.join(", ")}]
        </span>
      </h3>
      {named !== undefined && <p className="output-value">{named}</p>}
      {named === undefined && data.length === 1 && !labels && <p className="output-value mono">{cellText(data[0])}</p>}
      {data.length === 1 && areShares && <ShareBar share={Number(data[0])} />}
      {data.length > 1 && (
        <ol className="output-list">
          {data.slice(0, 50).map((value, index) => (
            <li key={index}>
              <span>{labels?.[index] ?? <span className="faint mono">{index}</span>}</span>
              {areShares ? <ShareBar share={Number(value)} /> : <span />}
              <span className="mono">{cellText(value)}</span>
            </li>
          ))}
          {data.length > 50 && <li className="faint">and {data.length - 50} more</li>}
        </ol>
      )}
    </div>
  );
}

function ShareBar({ share }: { readonly share: number }) {
  return (
    <svg className="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect className="share-rest" width="100" height="4" />
      <rect className="share-part" width={share * 100} height="4" />
    </svg>
  );
}

function within(output: TensorData, expected: TensorData["data"] | undefined, tolerance: number): boolean {
  if (!expected) return true;
  return (
    expected.length === output.data.length &&
    expected.every((value, index) => {
      const got = output.data[index];
      return typeof value === "number" && typeof got === "number"
        ? Math.abs(value - got) <= tolerance + tolerance * Math.abs(value)
        : value === got;
    })
  );
}

function sameValues(a: Values, b: Values): boolean {
  return Object.entries(a).every(([id, value]) => b[id] === value);
}
