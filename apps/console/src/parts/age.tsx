import { relativeText } from "@muster/report/reading";
import { useNow } from "../app/services.ts";
import { instantText } from "../time/local-text.ts";

/** How long ago or ahead an instant lies; the instant itself on hover. */
export function Age({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={instantText(at)}>
      {relativeText(at, now)}
    </time>
  );
}

/** An instant; its age on hover. */
export function Instant({ at }: { readonly at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={relativeText(at, now)}>
      {instantText(at)}
    </time>
  );
}
