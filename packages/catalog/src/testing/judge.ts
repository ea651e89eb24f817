import { type Collected, judge, type JsonObject, type Judgement } from "@muster/kernel";
import type { CheckUnit } from "@muster/contract";

/** Judges facts as the runner does: with the check's defaults, and `unknown` on a throw. */
export function judgeFacts(
  check: CheckUnit,
  facts: Readonly<Record<string, JsonObject>>,
  parameters: JsonObject = {},
): Judgement {
  const collected: Record<string, Collected> = {};
  for (const [id, value] of Object.entries(facts)) collected[id] = { status: "collected", value };
  return judge(check, { ...check.defaults, ...parameters }, collected);
}
