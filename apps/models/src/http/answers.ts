import { ProblemSchema } from "@muster/contract";
import { type TSchema, Type } from "typebox";

export const Instant = Type.String({ format: "date-time" });

/** Answers of a route of `/v1`: the good one, and problem documents for the rest. */
export function answers<const Status extends number, const Schema extends TSchema>(
  status: Status,
  schema?: Schema,
): { readonly [S in Status]: Schema } & { readonly "4xx": typeof ProblemSchema; readonly "5xx": typeof ProblemSchema } {
  const good = schema ?? Type.Null({ description: "No content" });
  // One member whose name is the status; TypeScript widens a computed name.
  return { [status]: good, "4xx": ProblemSchema, "5xx": ProblemSchema } as ReturnType<typeof answers<Status, Schema>>;
}
