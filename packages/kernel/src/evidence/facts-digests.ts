import type { JsonObject } from "../json/canonical.ts";

/** Digests of the facts that a record rests on, from its body as read; a body without facts has none. */
export function factsDigests(body: JsonObject): readonly string[] {
  const { facts } = body;
  if (typeof facts !== "object" || facts === null || Array.isArray(facts)) return [];
  return Object.values(facts).filter((digest) => typeof digest === "string");
}
