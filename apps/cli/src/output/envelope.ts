import type { Envelope } from "@muster/contract";
import type { Io } from "./io.ts";

/** Prints the envelope of `--json`. */
export function printEnvelope(io: Io, envelope: Omit<Envelope, "muster">): void {
  io.out(`${JSON.stringify({ muster: 1, ...envelope } satisfies Envelope, null, 2)}\n`);
}
