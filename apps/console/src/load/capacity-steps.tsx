import type { CapacityFinding } from "@muster/contract";
import { millisecondsText, tickText } from "@muster/report/load-reading";
import { Status } from "../parts/mark.tsx";

/** The search for the highest rate: where it lies, and every load that was tried. */
export function CapacitySteps({ finding }: { readonly finding: CapacityFinding }) {
  const { objective, holdsAt, breaksAt, steps } = finding;
  return (
    <section className="section" aria-labelledby="tries">
      <h2 id="tries">
        Every load that was tried <span className="count">{steps.length}</span>
      </h2>
      <p className="soft">
        {objective.join(", ")} holds at {holdsAt === undefined ? "no rate" : `${tickText(holdsAt)}/s`} and breaks at{" "}
        {breaksAt === undefined ? "none that was tried" : `${tickText(breaksAt)}/s`}.
      </p>
      <div className="panel scroll" role="region" aria-label="Table of tries" tabIndex={0}>
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">rate</th>
              <th scope="col" className="words">
                result
              </th>
              <th scope="col">answered well</th>
              <th scope="col">p95</th>
              <th scope="col" className="words">
                seen
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ ratePerSecond, holds, goodPerSecond, p95, summary }, index) => (
              <tr key={index}>
                <th scope="row">{ratePerSecond.toLocaleString("en-GB")}/s</th>
                <td className="words">
                  <Status
                    mark={
                      holds
                        ? { shape: "disc", tone: "pass", word: "held" }
                        : { shape: "square", tone: "fail", word: "broken" }
                    }
                  />
                </td>
                <td>{tickText(goodPerSecond)}/s</td>
                <td>{millisecondsText(p95)}</td>
                <td className="words">{summary}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
