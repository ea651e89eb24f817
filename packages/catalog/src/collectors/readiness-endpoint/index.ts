import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector } from "@muster/contract";
import { exchange } from "../../wire/exchange.ts";
import { redactUrl } from "../../wire/redact.ts";
import { type ReadinessEndpoint, readinessEndpointFacts } from "./facts.ts";

const REQUEST_MS = 5_000;
const BODY_BYTES = 64 * 1024;

/** Asks the readiness path, which says whether the service wants traffic now. */
export function createReadinessEndpoint(clock: Clock, requestMs: number = REQUEST_MS) {
  return defineCollector({
    facts: readinessEndpointFacts,
    title: "Readiness endpoint",
    timeoutMs: requestMs + 1_000,
    async collect(target, { signal }): Promise<ReadinessEndpoint> {
      const url = new URL(target.paths.readiness, target.url);
      const observedAt = toInstant(clock.now());
      const { answer, failure, timings } = await exchange(url, {
        timeoutMs: requestMs,
        maxBodyBytes: BODY_BYTES,
        signal,
      });
      return {
        url: redactUrl(url),
        observedAt,
        ...(answer === undefined ? {} : { status: answer.status }),
        ...(failure === undefined ? {} : { failure }),
        totalMs: timings.totalMs,
      };
    },
  });
}
