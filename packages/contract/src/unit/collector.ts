import type { Static, TObject } from "typebox";
import type { FactKind } from "./facts.ts";
import type { Target } from "./target.ts";

/** What may be done to an environment beyond looking at it as any visitor does. Nothing is allowed by default. */
export const PERMISSIONS = ["audit", "load"] as const;

export type Permission = (typeof PERMISSIONS)[number];

/** What a collector is given beside its target. */
export interface CollectContext {
  /** Aborted when the time is up or the run is cancelled; every wait must honour it. */
  readonly signal: AbortSignal;
}

/**
 * Does I/O and returns what was seen. It never judges: a refused connection, an expired certificate
 * or a 500 are facts. It throws {@link Unavailable} only when there is nothing to look at.
 */
export interface Collector<S extends TObject = TObject> {
  readonly id: string;
  readonly facts: FactKind<string, S>;
  /** One line for people: what it looks at. */
  readonly title: string;
  /** Milliseconds it may take. */
  readonly timeoutMs: number;
  /** What the environment must allow before this may look, beyond what any visitor does. */
  readonly permission?: Permission;
  collect(target: Target, context: CollectContext): Promise<Static<S>>;
}

/** Declares a collector; its id is that of the facts it collects. */
export function defineCollector<S extends TObject>(definition: Omit<Collector<S>, "id">): Collector<S> {
  return { id: definition.facts.id, ...definition };
}

/** There is nothing to collect from, and why: "no metrics path is configured". Judged as `unknown`. */
export class Unavailable extends Error {
  override readonly name = "Unavailable";
}
