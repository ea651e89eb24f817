import { type Check, type Collected, type Judgement, OUTCOMES } from "./check.ts";
import type { Json, JsonObject } from "../json/canonical.ts";

/**
 * Judges one check. The check sees only the facts that it declared; a fact that is missing and a
 * check that throws both give `unknown`, so that nothing unseen can pass.
 */
export function judge(check: Check, parameters: JsonObject, facts: Readonly<Record<string, Collected>>): Judgement {
  const declared: Record<string, Json> = {};
  for (const id of check.requires) {
    const collected = Object.hasOwn(facts, id) ? facts[id] : undefined;
    if (collected === undefined) return unknown(`${id} was not collected`);
    if (collected.status === "unavailable") return unknown(`${id}: ${collected.reason}`);
    declared[id] = collected.value;
  }
  try {
    const judgement = check.judge(declared, parameters);
    if (OUTCOMES.includes(judgement.outcome) && typeof judgement.summary === "string") return judgement;
    return unknown("the check itself failed: it gave no outcome with a summary");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return unknown(`the check itself failed: ${reason}`);
  }
}

function unknown(summary: string): Judgement {
  return { outcome: "unknown", summary };
}
