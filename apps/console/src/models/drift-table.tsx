import type { Mark } from "@muster/report/reading";
import { Status } from "../parts/mark.tsx";
import { chartNumber } from "../parts/series.ts";
import { shareText } from "./figures.ts";
import type { ColumnDrift } from "./platform.ts";

const MARKS: Readonly<Record<ColumnDrift["verdict"], Mark>> = {
  none: { shape: "disc", tone: "pass", word: "stays" },
  moderate: { shape: "triangle", tone: "warn", word: "moves" },
  strong: { shape: "square", tone: "fail", word: "moved far" },
  unknown: { shape: "ring", tone: "unknown", word: "unknown" },
};

/** Columns by how far they moved, furthest first, each with its two distributions. */
export function DriftTable({ columns }: { readonly columns: readonly ColumnDrift[] }) {
  const sorted = columns.toSorted((a, b) => (b.psi ?? -1) - (a.psi ?? -1));
  return (
    <div className="panel table-scroll" tabIndex={0} role="region" aria-label="How far each column moved">
      <table className="grid drift-table">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Verdict</th>
            <th scope="col" className="number">
              <abbr title="Population stability index: moderate from 0.1, strong from 0.25">PSI</abbr>
            </th>
            <th scope="col" className="number">
              <abbr title="Jensen-Shannon distance, from 0 to 1">JS</abbr>
            </th>
            <th scope="col" className="number">
              <abbr title="Kolmogorov-Smirnov: the largest distance of the two distributions">KS</abbr>
            </th>
            <th scope="col" className="number">
              Nulls
            </th>
            <th scope="col" className="number">
              Rows
            </th>
            <th scope="col">Reference and current</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((drift) => (
            <tr key={drift.column}>
              <th scope="row" className="mono">
                {drift.column}
              </th>
              <td>
                <Status mark={MARKS[drift.verdict]} />
              </td>
              <td className="number mono">{drift.psi === null ? "–" : chartNumber(drift.psi)}</td>
              <td className="number mono">{drift.jensenShannon === null ? "–" : chartNumber(drift.jensenShannon)}</td>
              <td className="number mono">{drift.ks === null ? "–" : chartNumber(drift.ks.statistic)}</td>
              <td className="number mono">{changeText(drift.nullShareChange)}</td>
              <td className="number mono">{drift.current.rows.toLocaleString("en-GB")}</td>
              <td>
                <Distributions drift={drift} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function changeText(change: number): string {
  return change === 0 ? "same" : `${change > 0 ? "+" : "−"}${shareText(Math.abs(change))}`;
}

const WIDTH = 180;
const HEIGHT = 36;

/** Reference as filled steps, current as a line over them, each as shares of its own rows. */
function Distributions({ drift: { bins, reference, current, column } }: { readonly drift: ColumnDrift }) {
  if (bins.length === 0 || reference.rows === 0 || current.rows === 0) return <span className="faint">no values</span>;
  const shares = bins.map((bin) => [bin.reference / reference.rows, bin.current / current.rows] as const);
  const most = Math.max(...shares.flat(), Number.MIN_VALUE);
  const step = WIDTH / bins.length;
  const y = (share: number): number => HEIGHT - (share / most) * (HEIGHT - 2);
  const line = shares
    .map(([, share], index) => `${index === 0 ? "M" : "L"}${index * step} ${y(share)}H${(index + 1) * step}`)
    .join("");
  return (
    <details className="distribution">
      <summary aria-label={`Bins of ${column}`}>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
          {shares.map(([share], index) => (
            <rect
              key={index}
              className="dist-reference"
              x={index * step}
              y={y(share)}
              width={Math.max(0.5, step - 1)}
              height={HEIGHT - y(share)}
            />
          ))}
          <path className="dist-current" d={line} />
        </svg>
      </summary>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">Up to</th>
            <th scope="col" className="number">
              Reference
            </th>
            <th scope="col" className="number">
              Current
            </th>
          </tr>
        </thead>
        <tbody>
          {bins.map(({ label }, index) => (
            <tr key={label}>
              <th scope="row" className="mono">
                {label}
              </th>
              <td className="number mono">{shareText(shares[index]?.[0] ?? 0)}</td>
              <td className="number mono">{shareText(shares[index]?.[1] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
