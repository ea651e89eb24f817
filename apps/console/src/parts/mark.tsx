import { type Mark, OUTLINES, type Shape } from "@muster/report/reading";

/** The outline of a state. A word always stands beside it. */
export function ShapeIcon({ shape }: { readonly shape: Shape }) {
  const { path, drawn } = OUTLINES[shape];
  return (
    <svg className="mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path className={`mark-${drawn}${shape === "turning" ? " mark-turning" : ""}`} d={path} />
    </svg>
  );
}

/** A state: shape, word, colour. */
export function Status({ mark }: { readonly mark: Mark }) {
  return (
    <span className="status" data-tone={mark.tone}>
      <ShapeIcon shape={mark.shape} />
      {mark.word}
    </span>
  );
}
