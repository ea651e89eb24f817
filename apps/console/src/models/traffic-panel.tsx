import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { KEYS } from "../api/keys.ts";
import { useMay } from "../app/session.ts";
import { Dialog } from "../parts/dialog.tsx";
import { DialogEnd } from "../parts/dialog-end.tsx";
import { Status } from "../parts/mark.tsx";
import { chartNumber } from "../parts/series.ts";
import { Empty } from "../states/empty.tsx";
import { shareText } from "./figures.ts";
import { Loaded } from "./loaded.tsx";
import type { ModelState } from "./model-page.tsx";
import type { ShadowStatistics, Traffic } from "./platform.ts";
import { OFTEN_MS, optionalPlatformQuery, platformQuery, SOMETIMES_MS, usePlatform } from "./use-platform.ts";

/** How callers are shared out between champion and challenger, and how the two agree. */
export function TrafficPanel({ state }: { readonly state: ModelState }) {
  const platform = usePlatform();
  const base = `/models/${encodeURIComponent(state.model)}`;
  const traffic = useQuery(platformQuery<Traffic>(platform, `${base}/traffic`, SOMETIMES_MS));
  const computes = (traffic.data?.shadowPercent ?? 0) > 0;
  const shadow = useQuery({
    ...optionalPlatformQuery<ShadowStatistics>(platform, `${base}/shadow`, OFTEN_MS),
    enabled: computes,
  });
  const mayOperate = useMay("operator");
  const [changing, setChanging] = useState(false);
  return (
    <>
      <section className="section" aria-labelledby="shares">
        <div className="section-head section-bar">
          <h2 id="shares">Shares</h2>
          {mayOperate && traffic.data && state.challenger && (
            <button type="button" className="button" onClick={() => setChanging(true)}>
              Change the shares…
            </button>
          )}
        </div>
        <Loaded query={traffic} label="Reading the shares" rows={2}>
          {(data) =>
            state.challenger ? (
              <dl className="panel tiles">
                <Tile name="Champion answers" value={`${100 - data.canaryPercent} %`} note="of the callers" />
                <Tile
                  name="Challenger answers"
                  value={`${data.canaryPercent} %`}
                  note="of the callers, each always the same ones (canary)"
                />
                <Tile
                  name="Challenger computes unseen"
                  value={`${data.shadowPercent} %`}
                  note="of what the champion answers (shadow)"
                />
              </dl>
            ) : (
              <Empty title="There is no challenger">
                The champion answers every caller. Make a version the challenger under Versions; then it can get a share
                of the callers, or compute unseen beside the champion.
              </Empty>
            )
          }
        </Loaded>
      </section>
      {state.challenger && (
        <section className="section" aria-labelledby="agreement">
          <h2 id="agreement">Agreement in the shadow</h2>
          {traffic.data && !computes ? (
            <NoShadow />
          ) : (
            <Loaded query={shadow} label="Reading the agreement" rows={2}>
              {(data) => (data === null ? <NoShadow /> : <Agreement shadow={data} />)}
            </Loaded>
          )}
        </section>
      )}
      {changing && traffic.data && (
        <TrafficDialog model={state.model} traffic={traffic.data} onClose={() => setChanging(false)} />
      )}
    </>
  );
}

function NoShadow() {
  return (
    <Empty title="Nothing was computed in the shadow yet">
      Give the shadow a share above 0 %. The challenger then computes that share of the questions too, its answers go to
      nobody, and how often they agree stands here.
    </Empty>
  );
}

function Agreement({ shadow }: { readonly shadow: ShadowStatistics }) {
  const { champion, challenger, rows, agreement, largestDifference, failures, skipped } = shadow;
  return (
    <dl className="panel tiles">
      <Tile
        name="Agree"
        value={agreement === null ? "not known" : shareText(agreement)}
        note={`of ${rows.toLocaleString("en-GB")} rows, version ${champion} with ${challenger}`}
      />
      <Tile
        name="Largest difference"
        value={largestDifference === null ? "–" : chartNumber(largestDifference)}
        note="between two numbers of one row"
      />
      <div className="tile">
        <dt>Failures</dt>
        <dd>
          {failures === 0 ? (
            <Status mark={{ shape: "disc", tone: "pass", word: "none" }} />
          ) : (
            <Status mark={{ shape: "square", tone: "fail", word: `${failures} failed` }} />
          )}
        </dd>
        <dd className="small faint">{skipped.toLocaleString("en-GB")} left out, because the challenger was busy</dd>
      </div>
    </dl>
  );
}

export function Tile({ name, value, note }: { readonly name: string; readonly value: string; readonly note?: string }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd className="mono">{value}</dd>
      {note !== undefined && <dd className="small faint">{note}</dd>}
    </div>
  );
}

function TrafficDialog({
  model,
  traffic,
  onClose,
}: {
  readonly model: string;
  readonly traffic: Traffic;
  readonly onClose: () => void;
}) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const [canary, setCanary] = useState(String(traffic.canaryPercent));
  const [shadow, setShadow] = useState(String(traffic.shadowPercent));
  const [tried, setTried] = useState(false);
  const body = { canaryPercent: percentOf(canary), shadowPercent: percentOf(shadow) };
  const holds = body.canaryPercent !== undefined && body.shadowPercent !== undefined;
  const headers: Record<string, string> =
    traffic.revision === 0 ? { "if-none-match": "*" } : { "if-match": `"${traffic.revision}"` };
  const change = useMutation({
    mutationFn: () => platform.ask("PUT", `/models/${encodeURIComponent(model)}/traffic`, { body, headers }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) });
      onClose();
    },
  });
  const guard = traffic.revision === 0 ? "if-none-match: *" : `if-match: "${traffic.revision}"`;

  function submit(event: FormEvent): void {
    event.preventDefault();
    setTried(true);
    if (holds) change.mutate();
  }

  return (
    <Dialog title={`Share out the callers of ${model}`} onClose={onClose}>
      <form onSubmit={submit} className="form" noValidate>
        <Percent
          name="Callers that the challenger answers, in %"
          note={`Now ${traffic.canaryPercent} %. A caller stays where it is while the share grows.`}
          value={canary}
          wrong={tried && body.canaryPercent === undefined}
          onChange={setCanary}
        />
        <Percent
          name="Questions that it computes unseen, in %"
          note={`Now ${traffic.shadowPercent} %. Nobody gets these answers; they cost computing time.`}
          value={shadow}
          wrong={tried && body.shadowPercent === undefined}
          onChange={setShadow}
        />
        <p className="soft">It holds at once on every replica. 0 and 0 takes the challenger out of traffic.</p>
        <DialogEnd
          command={`curl -s -X PUT "$MODELS_URL/v1/models/${model}/traffic" -H "authorization: Bearer $KEY" -H 'content-type: application/json' -H '${guard}' -d '${JSON.stringify(body)}'`}
          change={change}
          label="Change the shares"
          doing="Changing"
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function Percent({
  name,
  note,
  value,
  wrong,
  onChange,
}: {
  readonly name: string;
  readonly note: string;
  readonly value: string;
  readonly wrong: boolean;
  readonly onChange: (value: string) => void;
}) {
  return (
    <label className="field">
      <span>{name}</span>
      <input
        type="text"
        inputMode="decimal"
        value={value}
        aria-invalid={wrong}
        onChange={(event) => onChange(event.target.value)}
      />
      <span className={wrong ? "field-problem" : "small faint"}>
        {wrong ? "A number from 0 to 100 is needed." : note}
      </span>
    </label>
  );
}

function percentOf(text: string): number | undefined {
  const value = Number(text.trim());
  return text.trim() !== "" && value >= 0 && value <= 100 ? value : undefined;
}
