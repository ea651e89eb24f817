import { useEffect, useRef } from "react";
import { tinykeys } from "tinykeys";
import { usePreferences } from "../app/services.ts";
import { mayAct, stepRow } from "./shortcuts.ts";

type Handlers = Readonly<Record<string, () => void>>;

/** Single keys and sequences, for as long as the component is shown. They can be switched off. */
export function useShortcuts(handlers: Handlers): void {
  const { preferences } = usePreferences();
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  const names = Object.keys(handlers).join(",");
  useEffect(() => {
    if (!preferences.singleKeys) return undefined;
    return tinykeys(
      window,
      Object.fromEntries(
        names.split(",").map((name) => [
          name,
          (event: KeyboardEvent) => {
            const dialogOpen = document.querySelector("dialog[open]") !== null;
            if (!mayAct({ focused: document.activeElement, dialogOpen })) return;
            event.preventDefault();
            latest.current[name]?.();
          },
        ]),
      ),
    );
  }, [names, preferences.singleKeys]);
}

/** `j` and `k` move the focus over the elements marked `data-row`; Enter is theirs. */
export function useRowShortcuts(): void {
  useShortcuts({ j: () => focusRow(1), k: () => focusRow(-1) });
}

function focusRow(direction: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>("#main [data-row]")].filter((row) => row.checkVisibility());
  const current = rows.findIndex((row) => row === document.activeElement);
  const row = rows[stepRow(current, rows.length, direction)];
  row?.focus();
  row?.scrollIntoView({ block: "nearest" });
}
