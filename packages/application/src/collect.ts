import type { Collected, JsonObject } from "@muster/kernel";
import { type Collector, type Permission, type Target, Unavailable } from "@muster/contract";
import { Value } from "typebox/value";

/** What to collect, from where, and within which bounds. */
export interface CollectRequest {
  readonly target: Target;
  readonly collectors: ReadonlyMap<string, Collector>;
  /** Ids of the kinds of facts that are wanted. */
  readonly kinds: readonly string[];
  /** What the environment allows. A collector that needs more does not run. */
  readonly allowed: readonly Permission[];
  /** How many collectors may run at once. */
  readonly concurrency?: number;
  /** Milliseconds that any one collector may take at most, whatever it asks for. */
  readonly timeoutMs?: number;
  /** Cancels everything that is under way. */
  readonly signal: AbortSignal;
}

const DEFAULT_CONCURRENCY = 4;

/**
 * Runs collectors and brings home what they saw. It never throws: a collector that fails, exceeds
 * its time or returns something of the wrong shape leaves `unavailable` with the reason, and the
 * others go on.
 */
export async function collect(request: CollectRequest): Promise<Record<string, Collected>> {
  const waiting = [...new Set(request.kinds)];
  const facts: Record<string, Collected> = {};
  const work = async (): Promise<void> => {
    for (let kind = waiting.shift(); kind !== undefined; kind = waiting.shift()) {
      facts[kind] = await collectOne(kind, request);
    }
  };
  await Promise.all(Array.from({ length: request.concurrency ?? DEFAULT_CONCURRENCY }, work));
  return facts;
}

async function collectOne(kind: string, request: CollectRequest): Promise<Collected> {
  const collector = request.collectors.get(kind);
  if (!collector) return unavailable("no collector brings these facts");
  if (collector.permission && !request.allowed.includes(collector.permission)) {
    return unavailable(`the environment does not allow "${collector.permission}"`);
  }
  const limitMs = Math.min(collector.timeoutMs, request.timeoutMs ?? Number.POSITIVE_INFINITY);
  const timeUp = new AbortController();
  const timer = setTimeout(() => timeUp.abort(), limitMs);
  const signal = AbortSignal.any([request.signal, timeUp.signal]);
  try {
    // The race makes the bound hold even for a collector that forgets its signal somewhere.
    const value = await Promise.race([collector.collect(request.target, { signal }), rejectOn(signal)]);
    return accept(collector, value);
  } catch (error) {
    if (request.signal.aborted) return unavailable("cancelled");
    if (timeUp.signal.aborted) return unavailable(`not done within ${limitMs} ms`);
    if (error instanceof Unavailable) return unavailable(error.message);
    return unavailable(`could not be collected: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Facts are what JSON can say, so that they can be saved, digested and judged again. */
function accept(collector: Collector, value: unknown): Collected {
  const plain: unknown = JSON.parse(JSON.stringify(value));
  if (Value.Check(collector.facts.schema, plain)) return { status: "collected", value: plain as JsonObject };
  const [first] = Value.Errors(collector.facts.schema, plain);
  return unavailable(
    `collected something unexpected at ${first?.instancePath || "/"}: ${first?.message ?? "wrong shape"}`,
  );
}

function unavailable(reason: string): Collected {
  return { status: "unavailable", reason };
}

function rejectOn(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(new Error("aborted"));
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}
