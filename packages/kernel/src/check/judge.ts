import type { Check, Collected, Judgement } from "./check.ts";
import type { Json, JsonObject } from "../json/canonical.ts";

/**
 * Judges one check. The check sees only the facts that it declared; a fact that is missing and a
 * check that throws both give `unknown`, so that nothing unseen can pass.
 */
export function judge(check: Check, parameters: JsonObject, facts: Readonly<Record<string, Collected>>): Judgement {
  const declared: Record<string, Json> = {};
  for (const id of check.requires) {
    const collected = facts[id];
    if (collected === undefined) return unknown(`${id} was not collected`);
    if (collected.status === "unavailable") return unknown(`${id}: ${collected.reason}`);
    declared[id] = collected.value;
  }
  try {
    return check.judge(declared, parameters);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return unknown(`the check itself failed: ${reason}`);
  }
}

function unknown(summary: string): Judgement {
  return { outcome: "unknown", summary };
}
