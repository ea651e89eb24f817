import type { Mark } from "@muster/report/reading";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { useMay } from "../app/session.ts";
import { Age } from "../parts/age.tsx";
import { Status } from "../parts/mark.tsx";
import { chartNumber } from "../parts/series.ts";
import { TimeSeries } from "../parts/time-series.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { AccuracyPanel } from "./accuracy-panel.tsx";
import { type ColumnHistory, DRAWN_WINDOWS, driftHistory } from "./drift-series.ts";
import { Loaded } from "./loaded.tsx";
import type { DriftAlarm, DriftWindow, MonitoringSettings, WindowVerdict } from "./platform.ts";
import { Spark } from "./spark.tsx";
import { platformQuery, SOMETIMES_MS, usePlatform } from "./use-platform.ts";
import { WatchDialog } from "./watch-dialog.tsx";

const MARKS: Readonly<Record<WindowVerdict, Mark>> = {
  good: { shape: "disc", tone: "pass", word: "stays" },
  warn: { shape: "triangle", tone: "warn", word: "moves" },
  alarm: { shape: "square", tone: "fail", word: "moved far" },
  unknown: { shape: "ring", tone: "unknown", word: "unknown" },
};

/** Whether the world is still the one that the model learnt, window by window. */
export function MonitoringPanel({ model }: { readonly model: string }) {
  const platform = usePlatform();
  const mayOperate = useMay("operator");
  const base = `/models/${encodeURIComponent(model)}`;
  const settings = useQuery(platformQuery<MonitoringSettings>(platform, `${base}/monitoring`, SOMETIMES_MS));
  const drift = useQuery(
    platformQuery<{ windows: readonly DriftWindow[] }>(platform, `${base}/drift?limit=${DRAWN_WINDOWS}`, SOMETIMES_MS),
  );
  const alarms = useQuery(
    platformQuery<{ alarms: readonly DriftAlarm[] }>(
      platform,
      `/alarms?model=${encodeURIComponent(model)}&limit=20`,
      SOMETIMES_MS,
    ),
  );
  const [changing, setChanging] = useState(false);
  const open = alarms.data?.alarms.filter(({ state }) => state !== "cleared") ?? [];
  return (
    <>
      {alarms.error && !alarms.data && <ProblemPanel failure={asFailure(alarms.error)} />}
      {open.length > 0 && <Alarms alarms={open} />}
      <section className="section" aria-labelledby="watched">
        <div className="section-head section-bar">
          <h2 id="watched">Over time</h2>
          {mayOperate && settings.data && (
            <button type="button" className="button" onClick={() => setChanging(true)}>
              {settings.data.samplePercent === 0 ? "Watch it…" : "Change what is watched…"}
            </button>
          )}
        </div>
        <Loaded query={settings} label="Reading what is watched" rows={2}>
          {(known) => (
            <>
              <Watched settings={known} />
              <Loaded query={drift} label="Reading the windows">
                {({ windows }) => <History windows={windows} settings={known} />}
              </Loaded>
            </>
          )}
        </Loaded>
      </section>
      <AccuracyPanel base={base} />
      {changing && settings.data && (
        <WatchDialog model={model} settings={settings.data} onClose={() => setChanging(false)} />
      )}
    </>
  );
}

function Watched({ settings }: { readonly settings: MonitoringSettings }) {
  const { samplePercent, window, reference, minimumRows, retentionDays } = settings;
  if (samplePercent === 0) {
    return (
      <Empty title="Nothing is recorded of this model">
        Record a share of its predictions and choose a reference; then every window is compared with it, column by
        column, and an alarm is raised where one has moved far.
      </Empty>
    );
  }
  return (
    <p className="soft">
      {samplePercent} % of the predictions are recorded and kept {retentionDays} days; every {window} they are compared
      with{" "}
      {reference ? (
        <code>
          {reference.dataset} version {reference.version}
        </code>
      ) : (
        "nothing, because there is no reference yet"
      )}
      , once there are {minimumRows} rows.
    </p>
  );
}

function History({
  windows,
  settings,
}: {
  readonly windows: readonly DriftWindow[];
  readonly settings: MonitoringSettings;
}) {
  const [chosen, setChosen] = useState<string>();
  const { at, columns } = driftHistory(windows, settings);
  const [newest] = windows;
  if (!newest) {
    return settings.samplePercent === 0 ? null : (
      <Empty title="No window is over yet">
        The first verdict comes a few seconds after the first whole {settings.window}, and says how far each column has
        moved, or why that cannot be said.
      </Empty>
    );
  }
  if (columns.length === 0) {
    return (
      <Empty title="The windows could not be compared">
        The newest says: {newest.reason ?? "nothing was recorded in it"}.
      </Empty>
    );
  }
  const column = columns.find(({ id }) => id === chosen) ?? columns[0];
  return (
    <>
      {column && (
        <div className="panel chart-panel">
          <TimeSeries
            title={`${column.name}: how far from the reference`}
            unit="population stability index"
            at={at}
            known={column.values.map((value) => value !== null)}
            series={[{ label: column.name, values: column.values }]}
            threshold={{ value: settings.alarmPsi, label: `alarm from ${settings.alarmPsi}` }}
          />
          <p className="small faint">
            Seen <Age at={newest.to} /> in {newest.rows.toLocaleString("en-GB")} rows: {bare(column.reason)}. Hatched:
            nobody looked, or there were too few rows.
          </p>
        </div>
      )}
      <table className="grid panel column-list" role="table" aria-label="Columns">
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">
              Column
            </th>
            <th role="columnheader" scope="col">
              Newest verdict
            </th>
            <th role="columnheader" scope="col" className="number">
              PSI
            </th>
            <th role="columnheader" scope="col">
              Over {at.length} windows
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {columns.map((each) => (
            <ColumnRow key={each.id} column={each} chosen={each === column} onChoose={() => setChosen(each.id)} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function ColumnRow({
  column,
  chosen,
  onChoose,
}: {
  readonly column: ColumnHistory;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}) {
  return (
    <tr role="row" className="list-row" aria-current={chosen}>
      <td role="cell">
        <button type="button" className="link-button mono" data-row aria-pressed={chosen} onClick={onChoose}>
          {column.name}
        </button>{" "}
        <span className="small faint">{column.side}</span>
      </td>
      <td role="cell" data-label="Verdict" title={column.reason}>
        <Status mark={MARKS[column.verdict]} />
      </td>
      <td role="cell" data-label="PSI" className="number mono">
        {column.psi === null ? "–" : chartNumber(column.psi)}
      </td>
      <td role="cell" data-label="Over time">
        <span className="spark">
          <Spark values={column.values} />
        </span>
      </td>
    </tr>
  );
}

/** Without the column's name at its beginning, where the name stands already. */
function bare(reason: string): string {
  return reason.replace(/^(column|prediction) \S+: /, "");
}

function Alarms({ alarms }: { readonly alarms: readonly DriftAlarm[] }) {
  const mayAcknowledge = useMay("responder");
  const platform = usePlatform();
  const queries = useQueryClient();
  const acknowledge = useMutation({
    mutationFn: (id: string) => platform.ask("POST", `/alarms/${id}/acknowledge`, { body: {} }),
    onSettled: () => queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) }),
  });
  return (
    <section className="section" aria-labelledby="alarms">
      <h2 id="alarms">
        Alarms <span className="count">{alarms.length}</span>
      </h2>
      <ul className="panel alarms">
        {alarms.map((alarm) => (
          <li key={alarm.id} className="alarm">
            <Status mark={{ shape: "square", tone: "fail", word: alarm.state }} />
            <span>
              <strong className="mono">{alarm.column}</strong> <span className="faint">{alarm.side}</span>{" "}
              {bare(alarm.reason)}
              <span className="faint small">
                {" "}
                since <Age at={alarm.raisedAt} />
              </span>
            </span>
            {alarm.acknowledgedAt === null ? (
              mayAcknowledge && (
                <button
                  type="button"
                  className="button button-small"
                  disabled={acknowledge.isPending}
                  onClick={() => acknowledge.mutate(alarm.id)}
                >
                  Acknowledge
                </button>
              )
            ) : (
              <span className="small faint">seen by {alarm.acknowledgedBy}</span>
            )}
          </li>
        ))}
      </ul>
      {acknowledge.error && <ProblemPanel failure={asFailure(acknowledge.error)} />}
    </section>
  );
}
