import { counted } from "@muster/report/reading";
import { Instant } from "../parts/age.tsx";
import { CopyButton } from "../parts/copy-button.tsx";
import { bytesText } from "./figures.ts";
import type { ModelVersion, TensorSpec } from "./platform.ts";

/** What its author says about a version, and what the platform measured of it. */
export function CardPanel({ version }: { readonly version: ModelVersion }) {
  const { card, digest, bytes, signature, batchable, createdAt, createdBy } = version;
  const metrics = Object.entries(card.metrics ?? {});
  const cases = card.golden?.cases.length ?? 0;
  return (
    <section className="section" aria-labelledby="card">
      <h2 id="card">
        Card <span className="count">of version {version.version}</span>
      </h2>
      <div className="panel card-panel">
        {metrics.length > 0 && (
          <dl className="tiles">
            {metrics.map(([name, value]) => (
              <div key={name} className="tile">
                <dt>{name}</dt>
                <dd className="mono">
                  {Number(value.toPrecision(6)).toLocaleString("en-GB", { maximumFractionDigits: 6 })}
                </dd>
              </div>
            ))}
          </dl>
        )}
        <dl className="points card-points">
          {card.intendedUse !== undefined && <Point name="For">{card.intendedUse}</Point>}
          {card.limits !== undefined && <Point name="Limits">{card.limits}</Point>}
          {card.data && (
            <Point name="Data">
              {card.data.name}, {counted(card.data.rows, "row")}; {card.data.source}. Licence: {card.data.licence}.
            </Point>
          )}
          {card.training && (
            <Point name="Training">
              {counted(card.training.trainedOn, "row")} to learn from, {counted(card.training.testedOn, "row")} to be
              tested on. <code>{card.training.command}</code>
            </Point>
          )}
          <Point name="Inputs">
            <Tensors specs={signature.inputs} />
          </Point>
          <Point name="Outputs">
            <Tensors specs={signature.outputs} />
          </Point>
          <Point name="Proof">
            {cases === 0
              ? "The card brings no golden cases, so nothing shows that it answers as it did in training."
              : `${counted(cases, "golden case")} must repeat within ${card.golden?.tolerance ?? 0} each time it is loaded.`}{" "}
            {batchable ? "Requests share runs." : "Each request is a run of its own."}
          </Point>
          <Point name="Artefact">
            {bytesText(bytes)}, SHA-256{" "}
            <code className="digest" title={digest}>
              {digest.slice(0, 16)}…
            </code>{" "}
            <CopyButton text={digest} what="the digest" />
          </Point>
          <Point name="Added">
            <Instant at={createdAt} /> by {createdBy}
            {card.author === undefined ? "" : `; author ${card.author}`}
          </Point>
        </dl>
      </div>
    </section>
  );
}

function Point({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Tensors({ specs }: { readonly specs: readonly TensorSpec[] }) {
  return (
    <ul className="findings">
      {specs.map(({ name, datatype, shape }) => (
        <li key={name}>
          <code>{name}</code> {datatype}{" "}
          <span className="mono faint">[{shape.map((size) => (size < 0 ? "n" : size)).join(", ")}]</span>
        </li>
      ))}
    </ul>
  );
}
