import { Search } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { Keys } from "../keyboard/help-dialog.tsx";
import type { PaletteCommand } from "./commands.ts";
import { ranked } from "./match.ts";

const MOST_SHOWN = 40;

/**
 * Goes to pages, controls, checks and records, and does what can be done, from the keyboard. The
 * pattern is a combobox whose list is always open (ARIA Authoring Practices, Combobox).
 */
export function Palette({
  commands,
  recordFor,
  onClose,
}: {
  readonly commands: readonly PaletteCommand[];
  /** The command for a query that names a record. */
  readonly recordFor?: (query: string) => PaletteCommand | undefined;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active, query]);

  const record = recordFor?.(query);
  const found = ranked(commands, query, (command) => `${command.title} ${command.group}`);
  const shown = [...(record ? [record] : []), ...found].slice(0, MOST_SHOWN);
  const chosen = shown[Math.min(active, shown.length - 1)];

  function choose(command: PaletteCommand | undefined): void {
    if (!command) return;
    onClose();
    command.run();
  }

  function move(event: React.KeyboardEvent): void {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && shown.length > 0) {
      event.preventDefault();
      setActive((before) => (Math.min(before, shown.length - 1) + step + shown.length) % shown.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(chosen);
    }
  }

  return (
    <dialog
      ref={dialog}
      className="palette"
      aria-label="Search or act"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="palette-box">
        <label className="palette-query">
          <Search size={16} aria-hidden="true" />
          <span className="hidden-text">Search or act</span>
          <input
            role="combobox"
            aria-expanded="true"
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={chosen ? `${id}-${chosen.id}` : undefined}
            value={query}
            placeholder="Page, control, check, #record or action"
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => {
              setQuery(event.target.value);
              setActive(0);
            }}
            onKeyDown={move}
          />
        </label>
        <ul role="listbox" id={`${id}-list`} aria-label="Matches" className="palette-list" ref={list}>
          {shown.map((command, index) => (
            <li
              key={command.id}
              id={`${id}-${command.id}`}
              role="option"
              aria-selected={command === chosen}
              className="palette-item"
              onPointerMove={() => setActive(index)}
              onClick={() => choose(command)}
            >
              <span className="palette-group">{command.group}</span>
              <span className="palette-title">{command.title}</span>
              {command.command !== undefined && <code className="palette-command">{command.command}</code>}
              {command.keys && <Keys keys={command.keys} />}
            </li>
          ))}
        </ul>
        {shown.length === 0 && (
          <p className="palette-none" role="status">
            Nothing is called “{query.trim()}”.
          </p>
        )}
      </div>
    </dialog>
  );
}
