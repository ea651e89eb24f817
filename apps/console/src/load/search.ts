/** Where the list of load tests begins: after the test that is named, or with the newest. */
export interface LoadSearch {
  readonly before?: string;
}

/** Reads the address of the list; what is no id is left out. */
export function readLoadSearch(search: Record<string, unknown>): LoadSearch {
  const { before } = search;
  return typeof before === "string" && /^[\w-]{1,64}$/.test(before) ? { before } : {};
}
