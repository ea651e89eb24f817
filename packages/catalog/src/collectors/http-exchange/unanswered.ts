import type { Judgement } from "@muster/kernel";
import { failureText } from "../../wire/failure.ts";
import type { HttpExchange } from "./facts.ts";

/** The judgement of a check that needs an answer where there is none. Availability is a check of its own. */
export function unanswered(exchange: HttpExchange): Judgement {
  const reason = exchange.failure ? failureText(exchange.failure) : "nothing came back";
  return { outcome: "unknown", summary: `${exchange.url} gave no answer to judge: ${reason}` };
}
