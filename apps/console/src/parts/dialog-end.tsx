import { asFailure } from "../api/failure.ts";
import { ProblemPanel } from "../states/problem-panel.tsx";
import { CommandLine } from "./command-line.tsx";

/** How a form in a dialog ends: the same from a terminal, what went wrong, and the way out beside the way on. */
export function DialogEnd({
  command,
  change,
  label,
  doing,
  ready = true,
  onClose,
}: {
  readonly command: string;
  readonly change: { readonly error: Error | null; readonly isPending: boolean };
  /** What the button does, and what it says while it is being done. */
  readonly label: string;
  readonly doing: string;
  /** Whether there is something to send. */
  readonly ready?: boolean;
  readonly onClose: () => void;
}) {
  return (
    <>
      <div className="field">
        <span className="small soft">The same from a terminal</span>
        <CommandLine command={command} />
      </div>
      {change.error && <ProblemPanel failure={asFailure(change.error)} />}
      <footer className="dialog-foot">
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button type="submit" className="button button-primary" disabled={change.isPending || !ready}>
          {change.isPending ? doing : label}
        </button>
      </footer>
    </>
  );
}
