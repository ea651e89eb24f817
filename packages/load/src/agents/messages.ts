import type { Json } from "@muster/kernel";
import type { LoadCommand } from "../run/load-thread.ts";
import type { Segment } from "../scenario/data-source.ts";

/** What a coordinator tells an agent. */
export type ToAgent =
  | { readonly type: "challenge"; readonly challenge: string }
  | { readonly type: "welcome"; readonly proof: string; readonly segment: Segment }
  | { readonly type: "refused"; readonly reason: string }
  /** Begin so many ms after this is received; the time that it travels is taken off already. */
  | { readonly type: "start"; readonly inMs: number; readonly shared: Json | null }
  | { readonly type: "command"; readonly command: LoadCommand };

/** What an agent tells its coordinator. */
export type FromAgent =
  | {
      readonly type: "hello";
      readonly name: string;
      readonly challenge: string;
      readonly planHash: string;
      readonly proof: string;
    }
  | { readonly type: "ready" }
  /** An encoded snapshot. */
  | { readonly type: "snapshot"; readonly snapshot: string }
  | { readonly type: "finished" }
  | { readonly type: "failed"; readonly message: string };

/**
 * The object that a message is. Its type says what else is in it; whoever sent it has shown that it knows the token,
 * or is refused by what it says.
 * @throws {SyntaxError} for what is no message.
 */
export function parseMessage(data: unknown): { readonly type: string } {
  const value: unknown = JSON.parse(String(data));
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string") {
    throw new SyntaxError("this is no message");
  }
  return { ...value, type: value.type };
}
