import type { Mark } from "@muster/report/reading";
import type { LiveState } from "./connection.ts";

/** The badge of a state, and a sentence that explains it. */
export function badgeOf(
  live: LiveState,
  now: number,
  lengthText: (milliseconds: number) => string,
): Mark & { readonly sentence: string } {
  switch (live.kind) {
    case "connecting":
      return { shape: "turning", tone: "neutral", word: "Connecting", sentence: "Waiting for the stream of changes" };
    case "live":
      return { shape: "disc", tone: "pass", word: "Live", sentence: "Changes are shown as they happen" };
    case "behind":
      return {
        shape: "triangle",
        tone: "warn",
        word: `${lengthText(now - live.since)} behind`,
        sentence: "The stream of changes broke off and is being resumed",
      };
    case "offline":
      return {
        shape: "ring",
        tone: "unknown",
        word: "Offline",
        sentence: `Muster has not been reached for ${lengthText(now - live.since)}`,
      };
  }
}
