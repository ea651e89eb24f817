import { defineCollector, type LoadRunner, Unavailable } from "@muster/contract";
import { loadRunFacts } from "./facts.ts";

/** Milliseconds that the engine may take beyond the load's own duration, to collect the last answers. */
const GRACE_MS = 30_000;
/** Milliseconds: the longest load that a run may put on a service, and the grace. */
const LONGEST_MS = 600_000 + GRACE_MS;

/** Puts the configured load on the service, by the engine that is passed in. */
export function createLoadRun(run: LoadRunner) {
  return defineCollector({
    facts: loadRunFacts,
    title: "Short load",
    timeoutMs: LONGEST_MS,
    permission: "load",
    async collect(target, { signal }) {
      if (!target.load) throw new Unavailable("no load is configured for this environment");
      const bound = AbortSignal.timeout(target.load.durationMs + GRACE_MS);
      return run(target.url, target.load, AbortSignal.any([signal, bound]));
    },
  });
}
