import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useMay } from "../app/session.ts";
import { Age } from "../parts/age.tsx";
import { Status } from "../parts/mark.tsx";
import { AliasDialog, type AliasChange } from "./alias-dialog.tsx";
import { CardPanel } from "./card-panel.tsx";
import { bytesText } from "./figures.ts";
import { Loaded } from "./loaded.tsx";
import type { ModelState } from "./model-page.tsx";
import type { AliasRecord, ModelVersion } from "./platform.ts";
import { optionalPlatformQuery, usePlatform } from "./use-platform.ts";

/** Every version, which of them answers, and the way to change that. */
export function VersionsPanel({ state }: { readonly state: ModelState }) {
  const platform = usePlatform();
  const mayOperate = useMay("operator");
  const { model, versions, champion, challenger } = state;
  const [change, setChange] = useState<AliasChange>();
  const [open, setOpen] = useState<string>();
  const history = useQuery(
    optionalPlatformQuery<readonly AliasRecord[]>(
      platform,
      `/models/${encodeURIComponent(model)}/aliases/champion/history`,
    ),
  );
  const before = history.data?.find(({ version }) => version !== champion?.version);
  const beforeVersion = versions.find(({ version }) => version === before?.version);
  const shown = versions.find(({ version }) => version === open);

  return (
    <>
      <section className="section" aria-labelledby="versions">
        <div className="section-head section-bar">
          <h2 id="versions">
            Versions <span className="count">{versions.length}</span>
          </h2>
          {mayOperate && champion && beforeVersion && (
            <button
              type="button"
              className="button"
              onClick={() => setChange({ alias: "champion", to: beforeVersion, back: true })}
            >
              Roll back to version {beforeVersion.version}…
            </button>
          )}
        </div>
        <table className="grid panel version-list" role="table" aria-label="Versions">
          <thead role="rowgroup">
            <tr role="row">
              {["Version", "Names", "Added", "By", "Size", "Digest", ""].map((title) => (
                <th key={title} role="columnheader" scope="col">
                  {title === "" ? <span className="hidden-text">Acts</span> : title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody role="rowgroup">
            {versions.map((version) => (
              <tr key={version.version} role="row">
                <td role="cell" className="mono">
                  <button
                    type="button"
                    className="link-button mono"
                    data-row
                    aria-expanded={open === version.version}
                    onClick={() => setOpen(open === version.version ? undefined : version.version)}
                  >
                    version {version.version}
                  </button>
                </td>
                <td role="cell" data-label="Names">
                  <Names version={version} state={state} />
                </td>
                <td role="cell" data-label="Added">
                  <Age at={version.createdAt} />
                </td>
                <td role="cell" data-label="By">
                  {version.createdBy}
                </td>
                <td role="cell" data-label="Size" className="mono">
                  {bytesText(version.bytes)}
                </td>
                <td role="cell" data-label="Digest" className="mono faint" title={version.digest}>
                  {version.digest.slice(0, 10)}
                </td>
                <td role="cell" className="acts">
                  {mayOperate && champion?.version !== version.version && (
                    <button
                      type="button"
                      className="button button-small"
                      onClick={() => setChange({ alias: "champion", to: version, back: false })}
                    >
                      Make champion…
                    </button>
                  )}
                  {mayOperate && challenger?.version !== version.version && champion?.version !== version.version && (
                    <button
                      type="button"
                      className="button button-small"
                      onClick={() => setChange({ alias: "challenger", to: version, back: false })}
                    >
                      Make challenger…
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {shown && <CardPanel version={shown} />}
      <section className="section" aria-labelledby="history">
        <h2 id="history">Who changed the champion</h2>
        <Loaded query={history} label="Reading the history" rows={2}>
          {(changes) =>
            changes === null || changes.length === 0 ? (
              <p className="soft">Nobody yet: the model has never had a champion.</p>
            ) : (
              <ol className="panel history">
                {changes.slice(0, 20).map((each) => (
                  <li key={each.revision}>
                    <span className="mono faint">#{each.revision}</span>
                    <span>version {each.version}</span>
                    <span className="soft">{each.changedBy}</span>
                    <span className="faint small">
                      <Age at={each.changedAt} />
                    </span>
                  </li>
                ))}
              </ol>
            )
          }
        </Loaded>
      </section>
      {change && <AliasDialog change={change} state={state} onClose={() => setChange(undefined)} />}
    </>
  );
}

function Names({ version, state }: { readonly version: ModelVersion; readonly state: ModelState }) {
  const isChampion = state.champion?.version === version.version;
  const isChallenger = state.challenger?.version === version.version;
  if (!isChampion && !isChallenger) return <span className="faint">–</span>;
  return (
    <span className="names">
      {isChampion && <Status mark={{ shape: "disc", tone: "pass", word: "champion" }} />}
      {isChallenger && <Status mark={{ shape: "diamond", tone: "waived", word: "challenger" }} />}
    </span>
  );
}
