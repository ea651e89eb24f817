import { lengthText } from "@muster/report/reading";
import { useLive, useNow } from "../app/services.ts";
import { ShapeIcon } from "../parts/mark.tsx";
import type { LiveState } from "./connection.ts";
import { badgeOf } from "./badge.ts";

/** How fresh the page is: live, so many seconds behind, or offline. */
export function LiveBadge() {
  const live = useLive();
  useNow();
  return <LiveBadgeFor live={live} now={Date.now()} />;
}

export function LiveBadgeFor({ live, now }: { readonly live: LiveState; readonly now: number }) {
  const { shape, tone, word, sentence } = badgeOf(live, now, lengthText);
  return (
    <span className="live-badge" data-tone={tone} title={sentence}>
      <ShapeIcon shape={shape} />
      {word}
    </span>
  );
}
