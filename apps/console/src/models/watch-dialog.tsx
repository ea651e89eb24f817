import { DURATION_PATTERN } from "@muster/kernel";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { KEYS } from "../api/keys.ts";
import { shellWord } from "../evidence/filters.ts";
import { Dialog } from "../parts/dialog.tsx";
import { DialogEnd } from "../parts/dialog-end.tsx";
import type { DatasetSummary, MonitoringSettings } from "./platform.ts";
import { platformQuery, usePlatform } from "./use-platform.ts";

/** Where a reference comes from: it stays, or the card names it, or it is a data set. */
const KEEP = "";
const CARD = "of the card";

/** What is recorded of a model's predictions, and what they are compared with. */
export function WatchDialog({
  model,
  settings,
  onClose,
}: {
  readonly model: string;
  readonly settings: MonitoringSettings;
  readonly onClose: () => void;
}) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const datasets = useQuery(platformQuery<readonly DatasetSummary[]>(platform, "/datasets"));
  const [percent, setPercent] = useState(String(settings.samplePercent === 0 ? 100 : settings.samplePercent));
  const [window, setWindow] = useState(settings.window);
  const [reference, setReference] = useState(settings.reference ? KEEP : CARD);
  const [tried, setTried] = useState(false);
  const share = Number(percent);
  const wrongPercent = percent.trim() === "" || !(share >= 0 && share <= 100);
  const wrongWindow = !new RegExp(DURATION_PATTERN).test(window);
  const body = {
    samplePercent: share,
    window,
    ...(reference === KEEP ? {} : { reference: reference === CARD ? { card: true } : { dataset: reference } }),
  };
  const guard = settings.revision === 0 ? "if-none-match: *" : `if-match: "${settings.revision}"`;
  const [header = "", value = ""] = guard.split(": ");
  const path = `/models/${encodeURIComponent(model)}/monitoring`;
  const change = useMutation({
    mutationFn: () => platform.ask("PUT", path, { body, headers: { [header]: value } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) });
      onClose();
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (!wrongPercent && !wrongWindow) change.mutate();
  }

  return (
    <Dialog title={`Watch ${model}`} onClose={onClose}>
      <form onSubmit={submit} className="form" noValidate>
        <label className="field">
          <span>Predictions to record, in %</span>
          <input
            type="text"
            inputMode="decimal"
            value={percent}
            aria-invalid={tried && wrongPercent}
            onChange={(event) => setPercent(event.target.value)}
          />
          <span className={tried && wrongPercent ? "field-problem" : "small faint"}>
            {tried && wrongPercent
              ? "A number from 0 to 100 is needed."
              : `Inputs and answers are kept ${settings.retentionDays} days. 0 records nothing.`}
          </span>
        </label>
        <label className="field">
          <span>Length of a window</span>
          <input
            type="text"
            value={window}
            aria-invalid={tried && wrongWindow}
            onChange={(event) => setWindow(event.target.value)}
          />
          <span className={tried && wrongWindow ? "field-problem" : "small faint"}>
            {tried && wrongWindow
              ? "A whole number and s, m, h or d is needed: 15m, 1h."
              : `Long enough for ${settings.minimumRows} recorded rows; with fewer the verdict is unknown.`}
          </span>
        </label>
        <label className="field">
          <span>Compared with</span>
          <span className="select select-wide">
            <select value={reference} onChange={(event) => setReference(event.target.value)}>
              {settings.reference && (
                <option value={KEEP}>
                  {settings.reference.dataset} version {settings.reference.version}, as now
                </option>
              )}
              <option value={CARD}>the data that the champion's card names</option>
              {datasets.data
                ?.filter(({ current }) => current !== null)
                .map(({ name, current }) => (
                  <option key={name} value={name}>
                    {name} version {current}
                  </option>
                ))}
            </select>
          </span>
        </label>
        <DialogEnd
          command={`curl -s -X PUT "$MODELS_URL/v1${path}" -H "authorization: Bearer $KEY" -H 'content-type: application/json' -H '${guard}' -d ${shellWord(JSON.stringify(body))}`}
          change={change}
          label="Watch it like this"
          doing="Changing"
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
