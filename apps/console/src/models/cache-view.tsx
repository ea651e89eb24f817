import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { counted } from "@muster/report/reading";
import { type FormEvent, useState } from "react";
import { asFailure } from "../api/failure.ts";
import { KEYS } from "../api/keys.ts";
import { useMay } from "../app/session.ts";
import { CommandLine } from "../parts/command-line.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Empty } from "../states/empty.tsx";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { bytesText, shareText } from "./figures.ts";
import { type Forgetting, FORGET_BY, forgetCommand, forgetQuery, keysOf } from "./forgetting.ts";
import { Loaded } from "./loaded.tsx";
import type { CacheStatistics } from "./platform.ts";
import { Tile } from "./traffic-panel.tsx";
import { OFTEN_MS, optionalPlatformQuery, platformQuery, usePlatform } from "./use-platform.ts";

/** The platform tells at most this many keys. */
const MOST_KEYS = 1_000;
const SHOWN_KEYS = 50;

/** Answers that the platform remembers: how well they serve, and making it forget them. */
export function CacheView() {
  const platform = usePlatform();
  const mayOperate = useMay("operator");
  const cache = useQuery(optionalPlatformQuery<CacheStatistics>(platform, "/cache", OFTEN_MS));
  const [wanted, setWanted] = useState<Forgetting>({ by: "pattern", text: "model:*" });
  const [confirming, setConfirming] = useState(false);
  const pattern = keysOf(wanted) ?? "*";
  const keys = useQuery({
    ...platformQuery<readonly string[]>(platform, `/cache/keys?pattern=${encodeURIComponent(pattern)}`, OFTEN_MS),
    enabled: cache.data !== null,
    placeholderData: (before) => before,
  });
  if (cache.data === null) {
    return (
      <Empty title="This platform remembers no answers">
        It was started with CACHE_MB=0. With a cache, equal questions are computed once, and how often stands here.
      </Empty>
    );
  }

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (forgetQuery(wanted) !== undefined) setConfirming(true);
  }

  return (
    <>
      <Loaded query={cache} label="Reading the cache" rows={2} live>
        {(data) => data && <Statistics statistics={data} />}
      </Loaded>
      <section className="section" aria-labelledby="keys">
        <h2 id="keys">Remembered answers</h2>
        <form className="filters" onSubmit={submit}>
          <fieldset className="segments segments-words">
            <legend className="hidden-text">Choose by</legend>
            {FORGET_BY.map((by) => (
              <label key={by} className="segment">
                <input
                  type="radio"
                  name="by"
                  className="hidden-text"
                  checked={wanted.by === by}
                  onChange={() => setWanted({ ...wanted, by })}
                />
                {by}
              </label>
            ))}
          </fieldset>
          <label className="cache-text">
            <span className="hidden-text">{wanted.by}</span>
            <input
              type="text"
              className="mono"
              value={wanted.text}
              placeholder={PLACEHOLDERS[wanted.by]}
              maxLength={200}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setWanted({ ...wanted, text: event.target.value })}
            />
          </label>
          {mayOperate && (
            <button type="submit" className="button" disabled={forgetQuery(wanted) === undefined}>
              Forget…
            </button>
          )}
        </form>
        <Loaded query={keys} label="Reading the keys">
          {(list) =>
            list.length === 0 ? (
              <Empty title="No remembered answer matches">
                Each question that was asked stands here by its key: the model, the version and the digest of its
                inputs. Try a prediction twice: the second answer comes from here.
              </Empty>
            ) : (
              <div className="panel">
                <p className="keys-count soft">
                  {list.length >= MOST_KEYS
                    ? `at least ${MOST_KEYS.toLocaleString("en-GB")} answers`
                    : counted(list.length, "answer")}
                  {list.length > SHOWN_KEYS ? `, the first ${SHOWN_KEYS}:` : ":"}
                </p>
                <ul className="keys-list mono" tabIndex={0} aria-label="Keys">
                  {list.slice(0, SHOWN_KEYS).map((key) => (
                    <li key={key}>{key}</li>
                  ))}
                </ul>
              </div>
            )
          }
        </Loaded>
      </section>
      {confirming && <ForgetDialog wanted={wanted} onClose={() => setConfirming(false)} />}
    </>
  );
}

const PLACEHOLDERS: Readonly<Record<Forgetting["by"], string>> = {
  pattern: "model:churn:*",
  tag: "model:churn or version:churn@2",
  key: "model:churn:2:9f3c…",
};

function Statistics({ statistics }: { readonly statistics: CacheStatistics }) {
  const { entries, bytes, maxBytes, hits, misses, evictions, hitRate } = statistics;
  const asked = hits + misses;
  return (
    <dl className="panel tiles" aria-label="Cache">
      <Tile
        name="Remembered"
        value={asked === 0 ? "–" : shareText(hitRate)}
        note={asked === 0 ? "nothing was asked yet" : `of ${counted(asked, "question")} since the start`}
      />
      <Tile name="Answers kept" value={entries.toLocaleString("en-GB")} note="on this replica" />
      <Tile name="Memory" value={bytesText(bytes)} note={`of ${bytesText(maxBytes)}, ${shareText(bytes / maxBytes)}`} />
      <Tile name="Pushed out" value={evictions.toLocaleString("en-GB")} note="to make room for newer ones" />
    </dl>
  );
}

/** Says how many answers go before they go. */
function ForgetDialog({ wanted, onClose }: { readonly wanted: Forgetting; readonly onClose: () => void }) {
  const platform = usePlatform();
  const queries = useQueryClient();
  const count = useQuery({
    ...platformQuery<readonly string[]>(platform, `/cache/keys?pattern=${encodeURIComponent(keysOf(wanted) ?? "*")}`),
    staleTime: 0,
  });
  const query = forgetQuery(wanted) ?? "";
  const forget = useMutation({
    mutationFn: async () => (await platform.ask<{ removed: number }>("DELETE", `/cache/keys${query}`)).answer,
    onSuccess: () => queries.invalidateQueries({ queryKey: KEYS.platform(platform.environment) }),
  });
  const found = count.data?.length ?? 0;
  const many = found >= MOST_KEYS ? `at least ${counted(found, "answer")}` : counted(found, "answer");
  if (forget.data) {
    return (
      <Dialog title="Forgotten" onClose={onClose}>
        <p>{counted(forget.data.removed, "answer")} went on this replica; the others were told.</p>
        <footer className="dialog-foot">
          <button type="button" className="button button-primary" onClick={onClose}>
            Close
          </button>
        </footer>
      </Dialog>
    );
  }
  return (
    <Dialog title="Forget remembered answers" onClose={onClose}>
      <Loaded query={count} label="Counting" rows={1}>
        {() => (
          <p>
            {found === 0
              ? "No answer matches now; what is remembered meanwhile and matches goes too."
              : `${many} will be forgotten`}
            {found === 0 ? "" : ", on every replica. Each is computed again when somebody asks; no prediction fails."}
          </p>
        )}
      </Loaded>
      <div className="field">
        <span className="small soft">The same from a terminal</span>
        <CommandLine command={forgetCommand(wanted)} />
      </div>
      {forget.error && <ProblemPanel failure={asFailure(forget.error)} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button button-primary"
          disabled={forget.isPending || count.data === undefined}
          onClick={() => forget.mutate()}
        >
          {forget.isPending ? "Forgetting" : `Forget ${count.data === undefined ? "" : many}`}
        </button>
      </footer>
    </Dialog>
  );
}
