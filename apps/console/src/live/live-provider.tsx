import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { KEYS } from "../api/keys.ts";
import { LiveContext, useServices } from "../app/services.ts";
import { applyLiveEvent } from "./apply.ts";
import { connectLive, type LiveState } from "./connection.ts";
import { throttle } from "./throttle.ts";

/** While a run writes evidence, the verdict is asked for at most this often. */
const REFRESH_EVERY_MS = 500;

/** Keeps the stream of changes open for everything inside, and what is shown up to date. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<LiveState>({ kind: "connecting" });
  const { openSocket } = useServices();
  const queries = useQueryClient();
  useEffect(() => {
    const refresh = throttle(
      () => void queries.invalidateQueries({ queryKey: KEYS.everyReadiness }, { cancelRefetch: false }),
      REFRESH_EVERY_MS,
      after,
    );
    const connection = connectLive(
      { open: openSocket, now: Date.now, after, random: Math.random },
      {
        onState: setState,
        onEvent: (event) => applyLiveEvent(event, queries, refresh),
        onGap() {
          refresh();
          void queries.invalidateQueries({ queryKey: KEYS.everyEvidence });
          void queries.invalidateQueries({ queryKey: KEYS.everyLoadTests });
          void queries.invalidateQueries({ queryKey: ["load-test"] });
        },
        onSessionEnd: () => void queries.invalidateQueries({ queryKey: KEYS.session }),
      },
    );
    const wake = (): void => {
      if (document.visibilityState === "visible") connection.wake();
    };
    window.addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    return () => {
      window.removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      connection.stop();
    };
  }, [openSocket, queries]);
  return <LiveContext value={state}>{children}</LiveContext>;
}

function after(milliseconds: number, callback: () => void): () => void {
  const timer = setTimeout(callback, milliseconds);
  return () => clearTimeout(timer);
}
