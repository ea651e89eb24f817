import { counted } from "@muster/report/reading";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { platformPath } from "../api/client.ts";
import { asFailure, type Failure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Status } from "../parts/mark.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { bytesText, cellText } from "./figures.ts";
import type { ColumnRules, DatasetUpload, DatasetVersion } from "./platform.ts";
import { contentTypeOf, datasetNameOf, isCancelled, nameProblem, type Progress, uploadFile } from "./upload.ts";
import { usePlatform } from "./use-platform.ts";

type Step =
  | { readonly kind: "choose"; readonly failure?: Failure }
  | { readonly kind: "sending"; readonly progress: Progress; readonly abort: AbortController }
  | { readonly kind: "columns"; readonly upload: DatasetUpload }
  | { readonly kind: "made"; readonly version: DatasetVersion };

/** A file becomes a version of a data set in two steps: it is sent and looked into, then its types and rules are settled. */
export function UploadDialog({
  onClose,
  onMade,
}: {
  readonly onClose: () => void;
  readonly onMade: (version: DatasetVersion) => void;
}) {
  const [step, setStep] = useState<Step>({ kind: "choose" });
  const sending = useRef<AbortController>(undefined);
  // Whoever closes the dialog does not want the rest of the file to be sent.
  useEffect(() => () => sending.current?.abort(), []);
  const platform = usePlatform();

  async function send(file: File, dataset: string, contentType: string): Promise<void> {
    const abort = new AbortController();
    sending.current = abort;
    setStep({ kind: "sending", progress: { sent: 0, total: file.size }, abort });
    try {
      const upload = await uploadFile<DatasetUpload>(
        platformPath(platform.environment, `/datasets/${dataset}/uploads`),
        file,
        contentType,
        { signal: abort.signal, onProgress: (progress) => setStep({ kind: "sending", progress, abort }) },
      );
      setStep({ kind: "columns", upload });
    } catch (error) {
      setStep(isCancelled(error) ? { kind: "choose" } : { kind: "choose", failure: asFailure(error) });
    }
  }

  return (
    <Dialog title="Upload data" onClose={onClose} wide>
      {step.kind === "choose" && <ChooseFile failure={step.failure} onCancel={onClose} onSend={send} />}
      {step.kind === "sending" && <Sending {...step} />}
      {step.kind === "columns" && (
        <Columns
          upload={step.upload}
          onCancel={onClose}
          onMade={(version) => {
            setStep({ kind: "made", version });
            onMade(version);
          }}
        />
      )}
      {step.kind === "made" && <Made version={step.version} onClose={onClose} />}
    </Dialog>
  );
}

function ChooseFile({
  failure,
  onCancel,
  onSend,
}: {
  readonly failure: Failure | undefined;
  readonly onCancel: () => void;
  readonly onSend: (file: File, dataset: string, contentType: string) => Promise<void>;
}) {
  const [file, setFile] = useState<File>();
  const [name, setName] = useState("");
  const [tried, setTried] = useState(false);
  const type = file && contentTypeOf(file.name);
  const fileProblem = !tried
    ? undefined
    : !file
      ? "A file is needed."
      : type
        ? undefined
        : "Only .csv, .tsv, .jsonl, .ndjson and .parquet can be read.";
  const wrongName = tried ? nameProblem(name) : undefined;

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (file && type !== undefined && nameProblem(name) === undefined) void onSend(file, name, type);
  }

  return (
    <form onSubmit={submit} className="form" noValidate>
      <label className="field">
        <span>File</span>
        <input
          type="file"
          accept=".csv,.tsv,.txt,.jsonl,.ndjson,.parquet"
          aria-invalid={fileProblem !== undefined}
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            setFile(chosen);
            if (chosen && name === "") setName(datasetNameOf(chosen.name));
          }}
        />
        <span className={fileProblem === undefined ? "small faint" : "field-problem"}>
          {fileProblem ?? (file ? bytesText(file.size) : "CSV, JSON Lines or Parquet.")}
        </span>
      </label>
      <label className="field">
        <span>Data set</span>
        <input
          type="text"
          className="mono"
          value={name}
          spellCheck={false}
          autoComplete="off"
          aria-invalid={wrongName !== undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <span className={wrongName === undefined ? "small faint" : "field-problem"}>
          {wrongName ?? "Also the name of its table in SQL. One that exists gets a new version."}
        </span>
      </label>
      {file && (
        <div className="field">
          <span className="small soft">The same from a terminal</span>
          <CommandLine
            command={`curl -s "$MODELS_URL/v1/datasets/${name || "name"}/uploads" -H "authorization: Bearer $KEY" -H 'content-type: ${type ?? "text/csv"}' --data-binary @${file.name}`}
          />
        </div>
      )}
      {failure && <ProblemPanel failure={failure} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button button-primary">
          Send the file
        </button>
      </footer>
    </form>
  );
}

function Sending({ progress, abort }: { readonly progress: Progress; readonly abort: AbortController }) {
  const { sent, total } = progress;
  const share = total === 0 ? 1 : sent / total;
  return (
    <div className="form">
      <label className="field">
        <span>{share < 1 ? "Sending" : "Sent; being looked into"}</span>
        <progress value={share < 1 ? share : undefined} max={1} />
        <span className="small faint mono">
          {bytesText(sent)} of {bytesText(total)}
        </span>
      </label>
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={() => abort.abort()}>
          Stop
        </button>
      </footer>
    </div>
  );
}

const TYPES = ["BOOLEAN", "INTEGER", "BIGINT", "DOUBLE", "VARCHAR", "DATE", "TIMESTAMP"];

interface Draft {
  readonly name: string;
  readonly type: string;
  readonly keep: boolean;
  readonly required: boolean;
  readonly unique: boolean;
}

function Columns({
  upload,
  onCancel,
  onMade,
}: {
  readonly upload: DatasetUpload;
  readonly onCancel: () => void;
  readonly onMade: (version: DatasetVersion) => void;
}) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const { detection } = upload;
  const [drafts, setDrafts] = useState<readonly Draft[]>(
    detection.columns.map(({ name, type }) => ({ name, type, keep: true, required: false, unique: false })),
  );
  const kept = drafts.filter(({ keep }) => keep);
  const make = useMutation({
    mutationFn: async () => {
      const columns = kept.map(({ name, type, required, unique }) => {
        const rules: ColumnRules = { ...(required ? { required } : {}), ...(unique ? { unique } : {}) };
        return { name, type, ...(Object.keys(rules).length > 0 ? { rules } : {}) };
      });
      const body = { upload: upload.id, columns };
      return (await platform.ask<DatasetVersion>("POST", `/datasets/${upload.dataset}/versions`, { body })).answer;
    },
    onSuccess: async (version) => {
      await queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) });
      onMade(version);
    },
  });
  const change = (index: number, part: Partial<Draft>): void =>
    setDrafts((before) => before.map((draft, place) => (place === index ? { ...draft, ...part } : draft)));

  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      <p className="soft">
        {bytesText(upload.bytes)} of {detection.format.toUpperCase()} with {counted(detection.columns.length, "column")}
        . Correct what was not recognised; rows that do not fit are kept apart with the reason.
      </p>
      <div className="table-scroll panel" tabIndex={0} role="region" aria-label="Columns of the file">
        <table className="grid">
          <thead>
            <tr>
              {["Keep", "Column", "Type", "Required", "Unique", "First values"].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {drafts.map((draft, index) => (
              <tr key={draft.name}>
                <td>
                  <Tick
                    label={`Keep ${draft.name}`}
                    checked={draft.keep}
                    onChange={(keep) => change(index, { keep })}
                  />
                </td>
                <th scope="row" className="mono">
                  {draft.name}
                </th>
                <td>
                  <span className="select">
                    <select
                      aria-label={`Type of ${draft.name}`}
                      value={draft.type}
                      onChange={(event) => change(index, { type: event.target.value })}
                    >
                      {[...new Set([detection.columns[index]?.type ?? draft.type, ...TYPES])].map((type) => (
                        <option key={type} value={type}>
                          {type.toLowerCase()}
                        </option>
                      ))}
                    </select>
                  </span>
                </td>
                <td>
                  <Tick
                    label={`${draft.name} is required`}
                    checked={draft.required}
                    onChange={(required) => change(index, { required })}
                  />
                </td>
                <td>
                  <Tick
                    label={`${draft.name} is unique`}
                    checked={draft.unique}
                    onChange={(unique) => change(index, { unique })}
                  />
                </td>
                <td className="mono faint cut">
                  {detection.sample
                    .slice(0, 3)
                    .map((row) => cellText(row[index]))
                    .join(", ")}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {make.error && <ProblemPanel failure={asFailure(make.error)} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onCancel}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={make.isPending || kept.length === 0}>
          {make.isPending ? "Reading the rows" : "Make a version"}
        </button>
      </footer>
    </form>
  );
}

function Tick({
  label,
  checked,
  onChange,
}: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}) {
  return (
    <label className="tick">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      <span className="hidden-text">{label}</span>
    </label>
  );
}

function Made({ version, onClose }: { readonly version: DatasetVersion; readonly onClose: () => void }) {
  const { report } = version;
  return (
    <div className="form">
      <p>
        {report.passed ? (
          <Status mark={{ shape: "disc", tone: "pass", word: "in use" }} />
        ) : (
          <Status mark={{ shape: "square", tone: "fail", word: "made, but not in use" }} />
        )}{" "}
        Version {version.version} of <code>{version.dataset}</code> has {counted(report.rows, "row")};{" "}
        {counted(report.rejected, "row")} rejected.
      </p>
      {report.failures.length > 0 && (
        <ul className="findings">
          {report.failures.map((failure) => (
            <li key={failure}>{failure}</li>
          ))}
        </ul>
      )}
      <footer className="dialog-foot">
        <button type="button" className="button button-primary" onClick={onClose}>
          Look at it
        </button>
      </footer>
    </div>
  );
}
