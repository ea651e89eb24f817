import { usePreferences } from "../app/services.ts";
import { Dialog } from "../parts/dialog.tsx";
import { SHORTCUTS } from "./shortcuts.ts";

/** The keys, and the switch for those that a slip could press. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  const { preferences, change } = usePreferences();
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <dl className="keys">
        {Object.values(SHORTCUTS).map(({ keys, does }) => (
          <div key={does}>
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className="choice">
        <input
          type="checkbox"
          checked={preferences.singleKeys}
          onChange={(event) => change({ singleKeys: event.target.checked })}
        />
        Single keys act
      </label>
    </Dialog>
  );
}

export function Keys({ keys }: { readonly keys: readonly string[] }) {
  return (
    <span className="keycaps">
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
