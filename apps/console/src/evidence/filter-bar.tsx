import type { CheckDescription } from "@muster/contract";
import { markOfOutcome } from "@muster/report/reading";
import { Search, X } from "lucide-react";
import { type RefObject, useEffect, useId, useRef, useState } from "react";
import { Keys } from "../keyboard/help-dialog.tsx";
import { SHORTCUTS } from "../keyboard/shortcuts.ts";
import { ShapeIcon } from "../parts/mark.tsx";
import { type changeFilters, type EvidenceFilters, KINDS, OUTCOMES_WORST_FIRST } from "./filters.ts";

type Change = Parameters<typeof changeFilters>[1];

/** Typing pauses this long before the list is asked for. */
const TYPING_PAUSE_MS = 250;

/** What is shown, in the page's address as well. */
export function FilterBar({
  filters,
  checks,
  onChange,
  textBox,
}: {
  readonly filters: EvidenceFilters;
  readonly checks: readonly CheckDescription[];
  readonly onChange: (change: Change) => void;
  readonly textBox?: RefObject<HTMLInputElement | null>;
}) {
  const name = useId();
  const known = checks.map((check) => check.id).sort();
  const ids = filters.check !== undefined && !known.includes(filters.check) ? [filters.check, ...known] : known;
  return (
    <search className="filters">
      <TextFilter text={filters.text ?? ""} onChange={(text) => onChange({ text })} textBox={textBox} />
      <fieldset className="segments segments-words">
        <legend className="hidden-text">Outcome</legend>
        <label className="segment">
          <input
            type="radio"
            name={name}
            className="hidden-text"
            checked={filters.outcome === undefined}
            onChange={() => onChange({ outcome: undefined })}
          />
          All
        </label>
        {OUTCOMES_WORST_FIRST.map((outcome) => {
          const mark = markOfOutcome(outcome);
          return (
            <label key={outcome} className="segment" data-tone={mark.tone}>
              <input
                type="radio"
                name={name}
                className="hidden-text"
                checked={filters.outcome === outcome}
                onChange={() => onChange({ outcome, kind: "judgement" })}
              />
              <ShapeIcon shape={mark.shape} />
              {mark.word}
            </label>
          );
        })}
      </fieldset>
      <label className="select">
        <span className="hidden-text">Kind</span>
        <select
          value={filters.kind ?? ""}
          onChange={(event) => onChange({ kind: KINDS.find((kind) => kind === event.target.value) })}
        >
          <option value="">every kind</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {kind}s
            </option>
          ))}
        </select>
      </label>
      <label className="select">
        <span className="hidden-text">Check</span>
        <select value={filters.check ?? ""} onChange={(event) => onChange({ check: event.target.value || undefined })}>
          <option value="">every check</option>
          {ids.map((id) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </select>
      </label>
      {filters.run !== undefined && <Chip label={`run ${filters.run}`} onRemove={() => onChange({ run: undefined })} />}
      {filters.environment !== undefined && (
        <Chip label={`in ${filters.environment}`} onRemove={() => onChange({ environment: undefined })} />
      )}
    </search>
  );
}

function TextFilter({
  text,
  onChange,
  textBox,
}: {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly textBox: RefObject<HTMLInputElement | null> | undefined;
}) {
  const [typed, setTyped] = useState(text);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  // The address can change by itself, by the back button or a link.
  useEffect(() => setTyped(text), [text]);
  useEffect(() => {
    if (typed.trim() === text) return undefined;
    const timer = setTimeout(() => latest.current(typed), TYPING_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, text]);
  return (
    <label className="text-filter">
      <Search size={14} aria-hidden="true" />
      <span className="hidden-text">Text in the summary, the check or the id</span>
      <input
        type="search"
        ref={textBox}
        value={typed}
        placeholder="Filter by text"
        maxLength={200}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onChange(typed);
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
      <Keys keys={SHORTCUTS.filter.keys} />
    </label>
  );
}

function Chip({ label, onRemove }: { readonly label: string; readonly onRemove: () => void }) {
  return (
    <button type="button" className="chip" onClick={onRemove} title={`Show more than ${label}`}>
      <span className="mono">{label}</span>
      <X size={12} aria-hidden="true" />
      <span className="hidden-text">, remove this filter</span>
    </button>
  );
}
