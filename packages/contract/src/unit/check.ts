import type { Check, JsonObject, Judgement } from "@muster/kernel";
import type { Static, TObject } from "typebox";
import { Value } from "typebox/value";
import type { FactKind, FactsOf } from "./facts.ts";

/** A check with the schema of its parameters, from which types, validation and documentation come. */
export interface CheckUnit<P extends TObject = TObject> extends Check {
  readonly parameters: P;
}

/** What the author of a check writes. */
export interface CheckDefinition<R extends readonly FactKind[], P extends TObject> extends Omit<
  Check,
  "requires" | "defaults" | "judge"
> {
  /** The kinds of facts that it reads. Reading any other is a type error. */
  readonly requires: R;
  /** Every parameter has a default in its schema. */
  readonly parameters: P;
  judge(facts: { readonly [K in R[number] as K["id"]]: FactsOf<K> }, parameters: Static<P>): Judgement;
}

/**
 * Declares a check. Facts are read by the id of their kind: `facts["http-exchange"]`.
 * @throws {Error} when a parameter has no default, because a check must work unconfigured.
 */
export function defineCheck<const R extends readonly FactKind[], const P extends TObject>(
  definition: CheckDefinition<R, P>,
): CheckUnit<P> {
  const { requires, parameters, judge, ...description } = definition;
  const defaults = Value.Default(parameters, {});
  if (!Value.Check(parameters, defaults)) throw new Error(`check ${definition.id}: every parameter needs a default`);
  return {
    ...description,
    parameters,
    requires: requires.map((kind) => kind.id),
    defaults: defaults as JsonObject,
    // The runner hands over exactly the declared facts, which the collectors' schemas describe.
    judge: judge as Check["judge"],
  };
}
