import type { Judgement } from "@muster/kernel";
import { failureText } from "../../wire/failure.ts";
import type { PostgresStatistics } from "./facts.ts";

/** The judgement of a check that needs statistics where there are none. Reachability is a check of its own. */
export function unread({ failure }: PostgresStatistics): Judgement {
  return { outcome: "unknown", summary: `no statistics: ${failure ? failureText(failure) : "nothing came back"}` };
}
