import { randomBytes } from "node:crypto";
import type { Clock } from "@muster/kernel";

/** A new run's id: when it was asked for, in UTC, and a random part: `20261121-211502-4f2a9c`. Sorts by time. */
export function newRunId(clock: Clock): string {
  const [date = "", time = ""] = new Date(clock.now()).toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 8).replaceAll(":", "")}-${randomBytes(3).toString("hex")}`;
}
