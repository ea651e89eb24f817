import { lengthText } from "@muster/report/reading";
import { useLive, useNow } from "../app/services.ts";
import { ShapeIcon } from "../parts/mark.tsx";
import { clockText } from "../time/local-text.ts";

/** A break shorter than this is not worth a line of the page. */
const NOTICEABLE_MS = 4_000;

/** Says that what is shown may be old, when it may. `readAt` is when it was read, in local milliseconds. */
export function StaleNote({ readAt }: { readonly readAt: number }) {
  const live = useLive();
  useNow();
  if (live.kind !== "behind" && live.kind !== "offline") return null;
  const age = Date.now() - readAt;
  if (age < NOTICEABLE_MS) return null;
  return (
    <p className="stale-note" data-tone="warn" role="status">
      <ShapeIcon shape="triangle" />
      <span>
        As of {clockText(readAt)}, {lengthText(age)} ago.{" "}
        {live.kind === "offline"
          ? "Muster cannot be reached."
          : "The stream of changes broke off and is being resumed."}
      </span>
    </p>
  );
}
