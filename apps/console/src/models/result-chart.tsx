import { useState } from "react";
import { chartNumber } from "../parts/series.ts";
import { TimeSeries } from "../parts/time-series.tsx";
import type { NamedType } from "./platform.ts";
import { cellText } from "./figures.ts";
import { chartOf } from "./chart-rows.ts";

/** Two columns of a result against each other: a line over numbers and times, bars over anything else. */
export function ResultChart({
  columns,
  rows,
}: {
  readonly columns: readonly NamedType[];
  readonly rows: readonly (readonly unknown[])[];
}) {
  const numeric = columns.findIndex((_, index) => rows.some((row) => typeof row[index] === "number"));
  const [x, setX] = useState(
    numeric === 0 && columns.length > 1
      ? 0
      : Math.max(
          0,
          columns.findIndex((_, index) => index !== numeric),
        ),
  );
  const [y, setY] = useState(
    numeric === x
      ? Math.max(
          x,
          columns.findIndex((_, index) => index !== x && rows.some((row) => typeof row[index] === "number")),
        )
      : Math.max(0, numeric),
  );
  const chart = chartOf(columns, rows, x, y);
  const choose = (label: string, value: number, change: (value: number) => void) => (
    <label className="chart-choice">
      <span className="small faint">{label}</span>
      <span className="select">
        <select value={value} onChange={(event) => change(Number(event.target.value))}>
          {columns.map(({ name }, index) => (
            <option key={index} value={index}>
              {name}
            </option>
          ))}
        </select>
      </span>
    </label>
  );
  const title = `${columns[y]?.name ?? ""} by ${columns[x]?.name ?? ""}`;
  return (
    <div className="panel chart-panel">
      <div className="chart-choices">
        {choose("Along", x, setX)}
        {choose("Up", y, setY)}
      </div>
      {chart.kind === "none" ? (
        <p className="chart-empty faint">The column {columns[y]?.name} has no numbers to draw. Choose another one.</p>
      ) : chart.kind === "line" ? (
        <TimeSeries
          title={title}
          unit={columns[y]?.type.toLowerCase() ?? ""}
          at={chart.at}
          series={[{ label: columns[y]?.name ?? "", values: chart.values }]}
          axis={chart.axis}
          axisLabel={columns[x]?.name ?? ""}
        />
      ) : (
        <table className="grid bars">
          <caption className="hidden-text">{title}</caption>
          <thead>
            <tr>
              <th scope="col">{columns[x]?.name}</th>
              <th scope="col" aria-hidden="true" />
              <th scope="col" className="number">
                {columns[y]?.name}
              </th>
            </tr>
          </thead>
          <tbody>
            {chart.bars.map(({ label, value }, index) => (
              <tr key={index}>
                <th scope="row">{cellText(label)}</th>
                <td aria-hidden="true" className="bar-cell">
                  <svg className="share-bar" viewBox="0 0 100 4" preserveAspectRatio="none">
                    <rect className="share-part" width={(100 * Math.abs(value)) / chart.most} height="4" />
                  </svg>
                </td>
                <td className="number mono">{chartNumber(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
