/** A value that JSON can carry. `undefined` members are left out, as `JSON.stringify` does. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [name: string]: Json | undefined;
}

/**
 * Serialises a value as canonical JSON (RFC 8785, JSON Canonicalization Scheme): no white space,
 * members sorted by UTF-16 code units, numbers and strings as ECMAScript writes them. Two equal
 * values give the same text on every machine, so their digests can be compared.
 *
 * @throws {TypeError} for a number that JSON cannot carry (NaN, ±Infinity) or a lone surrogate,
 *   both of which RFC 8785 §3.2 forbids, because readers would disagree about them.
 */
export function canonicalJson(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new TypeError(`canonical JSON cannot carry ${value}`);
    return JSON.stringify(value);
  }
  if (typeof value === "string") return canonicalString(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined) members.push(`${canonicalString(name)}:${canonicalJson(member)}`);
  }
  return `{${members.join(",")}}`;
}

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError("canonical JSON cannot carry a lone surrogate");
  return JSON.stringify(text);
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * The value with every lone surrogate replaced by U+FFFD, so that canonical JSON can carry it. A
 * text that was cut off in the middle of an emoji has one.
 */
export function wellFormed<T extends Json>(value: T): T;
export function wellFormed(value: Json): Json {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  if (isList(value)) return value.map((item) => wellFormed(item));
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.toWellFormed(),
      member === undefined ? undefined : wellFormed(member),
    ]),
  );
}

/**
 * Whether a text is the canonical JSON of the value that was parsed from it. Most texts are proved
 * canonical without being built again, which matters when a whole ledger is verified.
 */
export function isCanonical(text: string, parsed: Json): boolean {
  // Equal to what ECMAScript writes and sorted is canonical; lone surrogates, which it would escape, go the long way.
  if (!text.includes("\\ud") && isSorted(parsed) && JSON.stringify(parsed) === text) return true;
  try {
    return canonicalJson(parsed) === text;
  } catch {
    return false;
  }
}

function isSorted(value: Json): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (isList(value)) return value.every(isSorted);
  let before: string | undefined;
  for (const name of Object.keys(value)) {
    if (before !== undefined && before > name) return false;
    before = name;
    const member = value[name];
    if (member !== undefined && !isSorted(member)) return false;
  }
  return true;
}
