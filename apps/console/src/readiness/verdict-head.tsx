import type { Readiness } from "@muster/contract";
import { markOfControl, markOfGate, newestEvidence, verdictParts } from "@muster/report/reading";
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { Age } from "../parts/age.tsx";
import { ShapeIcon } from "../parts/mark.tsx";
import { reveal } from "./reveal.ts";

/** The verdict sentence, one cell for each control, and what can be done. */
export function VerdictHead({
  readiness,
  mayRun,
  onRun,
}: {
  readonly readiness: Readiness;
  readonly mayRun: boolean;
  readonly onRun: () => void;
}) {
  const { verdict, environment, gates, head } = readiness;
  const newest = newestEvidence(verdict.controls);
  const gate = markOfGate(verdict.go);
  const { word, rest } = verdictParts(verdict.sentence);
  const running = readiness.run?.state === "running";
  return (
    <section className="verdict verdict-page" aria-label="Verdict">
      <div className="verdict-top">
        <p className="eyebrow">
          <span>{environment}</span>
          {gates.length > 1 ? <GateLinks gates={gates} current={verdict.gate} /> : <span>gate {verdict.title}</span>}
        </p>
        {mayRun && (
          <button type="button" className="button button-primary" onClick={onRun} disabled={running}>
            <Play size={14} aria-hidden="true" />
            {running ? "Running" : "Run again"}
          </button>
        )}
      </div>
      <h1 className="verdict-sentence" data-tone={gate.tone}>
        <ShapeIcon shape={gate.shape} />
        <span>
          <span className="verdict-word">{word}</span>
          {rest !== "" && `: ${rest}`}
        </span>
      </h1>
      {verdict.controls.length > 0 && (
        <ol className="strip" aria-label="Controls">
          {verdict.controls.map(({ control, status }) => {
            const mark = markOfControl(status);
            const id = `control-${control.id}`;
            return (
              <li key={control.id}>
                <a
                  className="strip-cell"
                  data-tone={mark.tone}
                  href={`#${id}`}
                  title={`${control.title}: ${mark.word}`}
                  onClick={(event) => {
                    event.preventDefault();
                    reveal(id);
                  }}
                >
                  <ShapeIcon shape={mark.shape} />
                  <span className="hidden-text">
                    {control.title}: {mark.word}
                  </span>
                </a>
              </li>
            );
          })}
        </ol>
      )}
      <p className="verdict-foot soft small">
        <span>
          {newest === undefined ? (
            "no evidence yet"
          ) : (
            <>
              newest evidence <Age at={newest} />
            </>
          )}
        </span>
        {head.seq > 0 && (
          <span>
            chain head{" "}
            <Link to="/evidence/$seq" params={{ seq: String(head.seq) }} search={{}}>
              #{head.seq}
            </Link>{" "}
            <span className="mono faint">{head.hash.slice(0, 12)}</span>
          </span>
        )}
      </p>
    </section>
  );
}

function GateLinks({ gates, current }: { readonly gates: readonly string[]; readonly current: string }) {
  return (
    <span className="gate-links" role="group" aria-label="Gate">
      gate
      {gates.map((gate) => (
        <Link
          key={gate}
          to="/readiness"
          search={{ gate }}
          className="gate-link"
          aria-current={gate === current ? "true" : undefined}
        >
          {gate}
        </Link>
      ))}
    </span>
  );
}
