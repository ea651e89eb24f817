import { performance } from "node:perf_hooks";
import { type Clock, toInstant } from "@muster/kernel";
import { defineCollector } from "@muster/contract";
import { type Exchange, exchange } from "../../wire/exchange.ts";
import { redactUrl } from "../../wire/redact.ts";
import { type ExposureProbe, exposureProbeFacts } from "./facts.ts";
import { controlBeside, type Place, PLACES } from "./places.ts";

/** Bounds of the collector. */
export interface ExposureLimits {
  /** Milliseconds for one request. */
  readonly requestMs: number;
  /** Milliseconds after which no further place is asked for. */
  readonly budgetMs: number;
}

const LIMITS: ExposureLimits = { requestMs: 3_000, budgetMs: 10_000 };
/** The beginning is enough to tell what it is, and no more of a secret is fetched than that. */
const BODY_BYTES = 4 * 1024;

/** Asks for places that are often left open, one after another, each with GET and nothing else. */
export function createExposureProbe(clock: Clock, label: () => string, limits: ExposureLimits = LIMITS) {
  return defineCollector({
    facts: exposureProbeFacts,
    title: "Files and pages that are often left open",
    timeoutMs: limits.budgetMs + 2 * limits.requestMs + 1_000,
    permission: "audit",
    async collect(target, { signal }): Promise<ExposureProbe> {
      const observedAt = toInstant(clock.now());
      const deadline = performance.now() + limits.budgetMs;
      const ask = (path: string): Promise<Exchange> =>
        exchange(new URL(path, target.url), { timeoutMs: limits.requestMs, maxBodyBytes: BODY_BYTES, signal });

      const probes: ExposureProbe["probes"] = [];
      for (const place of PLACES) {
        if (performance.now() > deadline) break;
        const seen = await ask(place.path);
        const recognised = isThere(place, seen);
        const control = recognised === true ? controlBeside(place.path, label()) : undefined;
        const beside = control === undefined ? undefined : isThere(place, await ask(control));
        probes.push({
          path: place.path,
          kind: place.kind,
          ...(seen.answer === undefined ? {} : { status: seen.answer.status, bytes: seen.answer.body.length }),
          ...(recognised === undefined ? {} : { recognised }),
          ...(control === undefined
            ? {}
            : { control: { path: control, ...(beside === undefined ? {} : { recognised: beside }) } }),
          ...(seen.failure === undefined ? {} : { failure: seen.failure }),
        });
        // Where the first request is not answered, twelve more would only cost time.
        if (seen.answer === undefined && probes.length === 1) break;
      }
      return {
        url: redactUrl(target.url),
        observedAt,
        probes,
        notAsked: PLACES.slice(probes.length).map(({ path }) => path),
      };
    },
  });
}

/** Whether an answer is what is looked for; undefined when there was none. */
function isThere({ content }: Place, { answer }: Exchange): boolean | undefined {
  if (answer === undefined) return undefined;
  return answer.status === 200 && content.test(answer.body.toString("latin1"));
}
