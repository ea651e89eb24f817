import { matchesPattern } from "./pattern.ts";

/** Which entries are to go. All that is given must hold. */
export interface CacheSelection {
  /** A key as {@link ResponseCache.keys} gives it. */
  readonly key?: string;
  /** `model:<name>` or `version:<name>@<version>`. */
  readonly tag?: string;
  /** A key with `*` for any characters and `?` for one: `model:churn:*`. */
  readonly pattern?: string;
}

/** What an answer belongs to. The digest makes an entry of another artefact never fit, whatever versions are called. */
export interface CacheSubject {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** Milliseconds that an answer takes to compute, where that is known. */
  readonly runMs?: number | undefined;
}

/** `model:<name>:<version>:<digest of the question>`; `questionDigest` is SHA-256 in hexadecimal. */
export function keyOf({ name, version }: CacheSubject, questionDigest: string): string {
  return `model:${name}:${version}:${questionDigest.slice(0, 32)}`;
}

/** Whether an entry is selected. The key is made only when the selection asks for it. */
export function isSelected(
  { key, tag, pattern }: CacheSelection,
  { name, version }: CacheSubject,
  makeKey: () => string,
): boolean {
  if (tag !== undefined && tag !== `model:${name}` && tag !== `version:${name}@${version}`) return false;
  if (key === undefined && pattern === undefined) return true;
  const text = makeKey();
  return (key === undefined || text === key) && (pattern === undefined || matchesPattern(pattern, text));
}
