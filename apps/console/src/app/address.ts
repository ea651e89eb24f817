/** Reads the query of an address: plain names and values, as people write them. */
export function readSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

/** Writes a query; members that are not set are left out. */
export function writeSearch(search: Readonly<Record<string, unknown>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === "string" || typeof value === "number") query.set(name, String(value));
  }
  return query.size === 0 ? "" : `?${query}`;
}

/**
 * A path of this console to go to after signing in. Anything that could lead elsewhere is refused:
 * a link to the sign-in page must not become a way to another site.
 */
export function localPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  const base = "http://console.invalid";
  if (!URL.canParse(value, base)) return undefined;
  const { origin, pathname, search } = new URL(value, base);
  if (origin !== base || pathname.startsWith("//") || pathname.startsWith("/sign-in")) return undefined;
  return `${pathname}${search}`;
}
