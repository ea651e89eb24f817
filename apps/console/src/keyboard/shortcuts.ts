/** A key or a sequence of keys and what it does, for the help. */
export interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
}

/** Every shortcut there is. The help is written from this list. */
export const SHORTCUTS = {
  palette: { keys: ["Ctrl", "K"], does: "Search or act" },
  readiness: { keys: ["g", "r"], does: "Go to Readiness" },
  models: { keys: ["g", "m"], does: "Go to Models" },
  evidence: { keys: ["g", "e"], does: "Go to Evidence" },
  load: { keys: ["g", "l"], does: "Go to Load & Drills" },
  filter: { keys: ["/"], does: "Filter the list" },
  next: { keys: ["j"], does: "Next row" },
  previous: { keys: ["k"], does: "Previous row" },
  open: { keys: ["Enter"], does: "Open the row" },
  older: { keys: ["←"], does: "Previous record" },
  newer: { keys: ["→"], does: "Next record" },
  help: { keys: ["?"], does: "Show this help" },
} as const satisfies Record<string, Shortcut>;

/** What the handler looks at of a key press and its surroundings. */
export interface KeyContext {
  /** The element that has the focus. */
  readonly focused: Pick<Element, "tagName" | "getAttribute"> | null;
  readonly dialogOpen: boolean;
}

const TYPING_TAGS = new Set(["INPUT", "TEXTAREA", "SELECT"]);
const NOT_TYPING_INPUTS = new Set(["radio", "checkbox", "button", "submit"]);

/** Whether a single key may act: not while somebody types, and not behind a dialog. */
export function mayAct({ focused, dialogOpen }: KeyContext): boolean {
  if (dialogOpen) return false;
  if (!focused) return true;
  if (focused.tagName === "INPUT") return NOT_TYPING_INPUTS.has(focused.getAttribute("type") ?? "text");
  return !TYPING_TAGS.has(focused.tagName) && focused.getAttribute("contenteditable") === null;
}

/** The index to go to from `current` (-1 for none) among `count` rows; stays at the ends. */
export function stepRow(current: number, count: number, direction: 1 | -1): number {
  if (count === 0) return -1;
  if (current === -1) return direction === 1 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, current + direction));
}
