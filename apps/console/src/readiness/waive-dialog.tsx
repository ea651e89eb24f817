import type { Control } from "@muster/kernel";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { KEYS } from "../api/keys.ts";
import { useNow, useServices } from "../app/services.ts";
import { Dialog } from "../parts/dialog.tsx";
import { DialogEnd } from "../parts/dialog-end.tsx";
import { dayText } from "../time/local-text.ts";
import { WAIVER_DAYS, waiverCommand, waiverEnd, waiverProblems, waiverRequest } from "./waiver-form.ts";

/** Accepts, by name and for a while, that a control is not met. */
export function WaiveDialog({
  control,
  environment,
  onClose,
}: {
  readonly control: Control;
  readonly environment: string;
  readonly onClose: () => void;
}) {
  const { api, clock } = useServices();
  const queries = useQueryClient();
  const now = useNow();
  const [reason, setReason] = useState("");
  const [days, setDays] = useState<number>(WAIVER_DAYS[1]);
  const [tried, setTried] = useState(false);
  const problem = tried ? waiverProblems({ reason, days }).reason : undefined;
  const waive = useMutation({
    mutationFn: () => api.waive(waiverRequest({ reason, days }, control.id, environment, clock.now())),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEYS.everyReadiness });
      onClose();
    },
  });

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (Object.keys(waiverProblems({ reason, days })).length === 0) waive.mutate();
  }

  return (
    <Dialog title="Waive a control" onClose={onClose}>
      <form onSubmit={submit} className="form" noValidate>
        <p>
          Until {dayText(waiverEnd(days, now))} the gate treats <strong>{control.title}</strong> in{" "}
          <strong>{environment}</strong> as accepted. The failure stays visible, and the waiver is kept as evidence
          under your name.
        </p>
        <label className="field">
          <span>Why this is acceptable</span>
          <textarea
            rows={4}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            aria-invalid={problem !== undefined}
            aria-describedby="waive-reason"
          />
          <span id="waive-reason" className={problem === undefined ? "small faint" : "field-problem"}>
            {problem ?? "For whoever reads it in a year."}
          </span>
        </label>
        <fieldset className="field">
          <legend>For</legend>
          <div className="segments segments-words">
            {WAIVER_DAYS.map((each) => (
              <label key={each} className="segment">
                <input
                  type="radio"
                  name="days"
                  className="hidden-text"
                  checked={days === each}
                  onChange={() => setDays(each)}
                />
                {each === 1 ? "1 day" : `${each} days`}
              </label>
            ))}
          </div>
        </fieldset>
        <DialogEnd
          command={waiverCommand({ reason, days }, control.id, environment)}
          change={waive}
          label="Waive"
          doing="Waiving"
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}
