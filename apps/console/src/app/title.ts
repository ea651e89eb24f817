import { useEffect } from "react";

/** Names the page in the browser's tab, most specific first. */
export function useTitle(...parts: readonly (string | undefined)[]): void {
  const title = [...parts.filter((part) => part !== undefined), "Muster"].join(" · ");
  useEffect(() => {
    document.title = title;
  }, [title]);
}
