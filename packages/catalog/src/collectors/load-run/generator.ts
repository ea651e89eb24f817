import type { Judgement } from "@muster/kernel";
import type { LoadResult } from "@muster/contract";

/** The judgement of a load whose generator was the bottleneck: it says nothing about the service. */
export function generatorAtFault(load: LoadResult): Judgement {
  const reason = load.invalidBecause ?? "the load generator did not keep up";
  return { outcome: "unknown", summary: `the load does not count: ${reason}` };
}
