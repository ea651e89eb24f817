/** Which theme somebody chose; `system` follows the machine. */
export type Theme = "system" | "light" | "dark";

export const THEMES = ["system", "light", "dark"] as const satisfies readonly Theme[];

/** What somebody set for this browser. */
export interface Preferences {
  readonly theme: Theme;
  /** Whether single keys act. Off for people whose speech input or tremor would trigger them (WCAG 2.2, 2.1.4). */
  readonly singleKeys: boolean;
}

export const DEFAULT_PREFERENCES: Preferences = { theme: "system", singleKeys: true };

const KEY = "muster.preferences";

type Store = Pick<Storage, "getItem" | "setItem">;

/** Reads what is kept; anything that is not understood counts as not set. */
export function readPreferences(store: Store): Preferences {
  try {
    const kept = JSON.parse(store.getItem(KEY) ?? "{}") as Readonly<Record<string, unknown>>;
    return {
      theme: THEMES.find((each) => each === kept["theme"]) ?? DEFAULT_PREFERENCES.theme,
      singleKeys: typeof kept["singleKeys"] === "boolean" ? kept["singleKeys"] : DEFAULT_PREFERENCES.singleKeys,
    };
  } catch {
    return DEFAULT_PREFERENCES;
  }
}

/** Keeps preferences where that is possible; a browser that keeps nothing still shows them for now. */
export function keepPreferences(store: Store, preferences: Preferences): void {
  try {
    store.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Storage is full or forbidden. The choice lasts until the page is closed.
  }
}

/** Shows a theme on the page. */
export function applyTheme(root: { dataset: DOMStringMap }, theme: Theme): void {
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
}
