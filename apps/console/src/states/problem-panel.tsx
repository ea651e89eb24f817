import { RefreshCw } from "lucide-react";
import type { Failure } from "../api/failure.ts";
import { ShapeIcon } from "../parts/mark.tsx";
import { CopyButton } from "../parts/copy-button.tsx";

/** What went wrong, what to do, and what to quote when asking somebody. Only the panel that failed shows it. */
export function ProblemPanel({ failure, onRetry }: { readonly failure: Failure; readonly onRetry?: () => void }) {
  const forbidden = failure.code === "forbidden";
  return (
    <section className="panel problem" data-tone={forbidden ? "unknown" : "fail"} role="alert">
      <div className="problem-body">
        <h2 className="problem-title">
          <ShapeIcon shape={forbidden ? "bar" : "square"} />
          {failure.title}
        </h2>
        <p>{sentence(failure.message)}</p>
        {failure.problems.length > 0 && (
          <ul className="findings">
            {failure.problems.map(({ path, message }) => (
              <li key={`${path} ${message}`}>
                <code>{path}</code> {message}
              </li>
            ))}
          </ul>
        )}
        <p className="soft">{failure.fix}</p>
        <p className="problem-foot">
          {onRetry && (
            <button type="button" className="button" onClick={onRetry}>
              <RefreshCw size={14} aria-hidden="true" />
              Try again
            </button>
          )}
          <span className="mono faint">{failure.code}</span>
          {failure.requestId !== undefined && (
            <span className="mono faint">
              request {failure.requestId} <CopyButton text={failure.requestId} what="the request id" />
            </span>
          )}
        </p>
      </div>
    </section>
  );
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
