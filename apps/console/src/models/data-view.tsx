import { counted } from "@muster/report/reading";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Download, Upload } from "lucide-react";
import { useState } from "react";
import { platformPath } from "../api/client.ts";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { useMay } from "../app/session.ts";
import { Age } from "../parts/age.tsx";
import { CommandLine } from "../parts/command-line.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Status } from "../parts/mark.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { bytesText } from "./figures.ts";
import { Loaded } from "./loaded.tsx";
import type { DatasetSummary, DatasetVersion, RuleResult } from "./platform.ts";
import { UploadDialog } from "./upload-dialog.tsx";
import { platformQuery, SOMETIMES_MS, usePlatform } from "./use-platform.ts";

/** Data sets, how good their versions are, and bringing new rows. */
export function DataView({ dataset }: { readonly dataset: string | undefined }) {
  const platform = usePlatform();
  const mayOperate = useMay("operator");
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/models" });
  const datasets = useQuery(platformQuery<readonly DatasetSummary[]>(platform, "/datasets", SOMETIMES_MS));
  const [uploading, setUploading] = useState(false);
  return (
    <>
      <section className="section" aria-labelledby="datasets">
        <div className="section-head section-bar">
          <h2 id="datasets">Data sets</h2>
          {mayOperate && (
            <button type="button" className="button" onClick={() => setUploading(true)}>
              <Upload size={14} aria-hidden="true" />
              Upload…
            </button>
          )}
        </div>
        <Loaded query={datasets} label="Reading the data sets">
          {(list) =>
            list.length === 0 ? (
              <Empty
                title="No data set yet"
                command={`curl -s "$MODELS_URL/v1/datasets/readings/uploads" -H "authorization: Bearer $KEY" -H 'content-type: text/csv' --data-binary @readings.csv`}
              >
                CSV, JSON Lines and Parquet become tables with checked types and rules; rows that break a rule are kept
                apart with the reason.
              </Empty>
            ) : (
              <table className="grid panel dataset-list" role="table" aria-label="Data sets">
                <thead role="rowgroup">
                  <tr role="row">
                    <th role="columnheader" scope="col">
                      Data set
                    </th>
                    <th role="columnheader" scope="col">
                      State
                    </th>
                    <th role="columnheader" scope="col" className="number">
                      Versions
                    </th>
                  </tr>
                </thead>
                <tbody role="rowgroup">
                  {list.map(({ name, versions, current }) => (
                    <tr key={name} role="row" className="list-row" aria-current={name === dataset}>
                      <td role="cell">
                        <Link
                          to="/models"
                          search={{ ...search, view: "data", dataset: name }}
                          className="row-link mono"
                          data-row
                          resetScroll={false}
                        >
                          {name}
                        </Link>
                      </td>
                      <td role="cell" data-label="State">
                        {current === null ? (
                          <Status mark={{ shape: "square", tone: "fail", word: "no version passed" }} />
                        ) : (
                          <Status mark={{ shape: "disc", tone: "pass", word: `version ${current} in use` }} />
                        )}
                      </td>
                      <td role="cell" data-label="Versions" className="number mono">
                        {versions}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Loaded>
      </section>
      {dataset !== undefined && <Versions key={dataset} dataset={dataset} />}
      {uploading && (
        <UploadDialog
          onClose={() => setUploading(false)}
          onMade={({ dataset: made }) => {
            void navigate({ to: "/models", search: { ...search, view: "data", dataset: made }, resetScroll: false });
          }}
        />
      )}
    </>
  );
}

function Versions({ dataset }: { readonly dataset: string }) {
  const platform = usePlatform();
  const versions = useQuery(
    platformQuery<readonly DatasetVersion[]>(
      platform,
      `/datasets/${encodeURIComponent(dataset)}/versions`,
      SOMETIMES_MS,
    ),
  );
  const [chosen, setChosen] = useState<number>();
  const search = useSearch({ from: "/shell/models" });
  return (
    <section className="section" aria-labelledby="dataset">
      <Loaded query={versions} label="Reading the versions">
        {(list) => {
          const version = list.find((each) => each.version === chosen) ?? list[0];
          if (!version) return null;
          const { dataset: _, ...kept } = search;
          return (
            <>
              <div className="section-head section-bar">
                <h2 id="dataset" className="mono">
                  {dataset}
                </h2>
                <label className="select">
                  <span className="hidden-text">Version</span>
                  <select value={version.version} onChange={(event) => setChosen(Number(event.target.value))}>
                    {list.map((each) => (
                      <option key={each.version} value={each.version}>
                        version {each.version}
                        {each.report.passed ? "" : ", did not pass"}
                      </option>
                    ))}
                  </select>
                </label>
                <Link to="/models" search={{ ...kept, view: "sql", sql: `select *\nfrom ${dataset}\nlimit 100` }}>
                  Ask it in SQL
                </Link>
              </div>
              <Quality version={version} />
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

/** How good the rows of a version are. */
export function Quality({ version }: { readonly version: DatasetVersion }) {
  const { report, columns } = version;
  const platform = usePlatform();
  const mayOperate = useMay("operator");
  const [deleting, setDeleting] = useState(false);
  const path = `/datasets/${encodeURIComponent(version.dataset)}/versions/${version.version}`;
  const file = (part: string, format: string): string =>
    platformPath(platform.environment, `${path}/${part}?format=${format}`);
  return (
    <>
      <div className="panel quality">
        <div className="quality-head">
          {report.passed ? (
            <Status mark={{ shape: "disc", tone: "pass", word: "passed its rules" }} />
          ) : (
            <Status mark={{ shape: "square", tone: "fail", word: "did not pass" }} />
          )}
          <span className="soft">
            {counted(report.rows, "row")}, {counted(report.rejected, "row")} rejected, {bytesText(version.bytes)}, added{" "}
            <Age at={version.createdAt} /> by {version.createdBy}
          </span>
        </div>
        {report.failures.length > 0 && (
          <ul className="findings quality-failures">
            {report.failures.map((failure) => (
              <li key={failure}>{failure}</li>
            ))}
          </ul>
        )}
        <div className="table-scroll" tabIndex={0} role="region" aria-label={`Columns of ${version.dataset}`}>
          <table className="grid">
            <thead>
              <tr>
                {["Column", "Type", "Nulls", "Least", "Most", "Rules"].map((title) => (
                  <th key={title} scope="col" className={["Nulls"].includes(title) ? "number" : ""}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {report.columns.map((column) => (
                <tr key={column.name}>
                  <th scope="row" className="mono">
                    {column.name}
                  </th>
                  <td className="mono faint">{column.type.toLowerCase()}</td>
                  <td className="number mono">{column.nulls.toLocaleString("en-GB")}</td>
                  <td className="mono cut">{column.min ?? "–"}</td>
                  <td className="mono cut">{column.max ?? "–"}</td>
                  <td>
                    <Rules rules={report.rules.filter((rule) => rule.column === column.name)} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <div className="quality-foot">
          <a className="button button-small" href={file("rows", "csv")} download>
            <Download size={12} aria-hidden="true" />
            Rows as CSV
          </a>
          <a className="button button-small" href={file("rows", "parquet")} download>
            <Download size={12} aria-hidden="true" />
            Rows as Parquet
          </a>
          {report.rejected > 0 && (
            <a className="button button-small" href={file("rejected", "csv")} download>
              <Download size={12} aria-hidden="true" />
              Rejected rows with reasons
            </a>
          )}
          {mayOperate && (
            <button type="button" className="button button-small" onClick={() => setDeleting(true)}>
              Delete this version…
            </button>
          )}
          <span className="small faint">{counted(columns.length, "column")}</span>
        </div>
      </div>
      {deleting && <DeleteDialog version={version} path={path} onClose={() => setDeleting(false)} />}
    </>
  );
}

function Rules({ rules }: { readonly rules: readonly RuleResult[] }) {
  if (rules.length === 0) return <span className="faint">none</span>;
  return (
    <ul className="rules">
      {rules.map(({ rule, failed, action, detail }) => (
        <li key={rule} title={detail}>
          <Status
            mark={
              failed === 0
                ? { shape: "disc", tone: "pass", word: rule }
                : action === "warn"
                  ? { shape: "triangle", tone: "warn", word: `${rule}: ${counted(failed, "row")}` }
                  : { shape: "square", tone: "fail", word: `${rule}: ${counted(failed, "row")} rejected` }
            }
          />
        </li>
      ))}
    </ul>
  );
}

function DeleteDialog({
  version,
  path,
  onClose,
}: {
  readonly version: DatasetVersion;
  readonly path: string;
  readonly onClose: () => void;
}) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => platform.ask("DELETE", path),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) });
      onClose();
    },
  });
  return (
    <Dialog title={`Delete version ${version.version} of ${version.dataset}`} onClose={onClose}>
      <p>
        {counted(version.report.rows, "row")} and {counted(version.report.rejected, "rejected row")} go and cannot be
        brought back. Questions in SQL use the newest version that is left and passed.
      </p>
      <div className="field">
        <span className="small soft">The same from a terminal</span>
        <CommandLine command={`curl -s -X DELETE "$MODELS_URL/v1${path}" -H "authorization: Bearer $KEY"`} />
      </div>
      {remove.error && <ProblemPanel failure={asFailure(remove.error)} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-primary"
          disabled={remove.isPending}
          onClick={() => remove.mutate()}
        >
          {remove.isPending ? "Deleting" : "Delete it"}
        </button>
      </footer>
    </Dialog>
  );
}
