import { type ReactNode, useEffect, useState } from "react";

/** An answer that comes sooner needs no placeholder; showing one would only flicker. */
const SHOWN_AFTER_MS = 150;

/** Shows its content only when the wait is long enough to be noticed. */
export function Delayed({ children }: { readonly children: ReactNode }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return shown ? children : null;
}

/** Bars in place of text that is on its way, each as wide as a class says. */
export function Bones({ rows, label }: { readonly rows: number; readonly label: string }) {
  return (
    <div role="status" className="bones">
      <span className="hidden-text">{label}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="bone-row" aria-hidden="true">
          <span className="bone bone-mark" />
          <span className="bone bone-title" />
          <span className="bone bone-age" />
        </div>
      ))}
    </div>
  );
}
