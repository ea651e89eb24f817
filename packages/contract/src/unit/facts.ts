import type { Static, TObject } from "typebox";

/** A kind of facts: its id, which is its collector's, and the shape of what that collector brings home. */
export interface FactKind<Id extends string = string, S extends TObject = TObject> {
  readonly id: Id;
  readonly schema: S;
}

/** Names a kind of facts. Checks declare what they read with the result. */
export function defineFacts<const Id extends string, const S extends TObject>(id: Id, schema: S): FactKind<Id, S> {
  return { id, schema };
}

/** What a value of a kind of facts looks like. */
export type FactsOf<K extends FactKind> = Static<K["schema"]>;
