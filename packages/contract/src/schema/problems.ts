import type { Problem } from "@muster/kernel";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";

/**
 * Every problem of a value against a schema, in words: where, what is wrong, and what is allowed.
 * An empty list means that the value holds.
 */
export function problemsOf(schema: TSchema, value: unknown): readonly Problem[] {
  const problems: Problem[] = [];
  for (const error of Value.Errors(schema, value)) {
    // "schema is false" repeats, at each unknown member, what additionalProperties says once.
    if (error.keyword === "boolean") continue;
    const path = error.instancePath.slice(1).replaceAll("/", ".");
    const message =
      error.keyword === "pattern" ? patternMessage(schema, error.schemaPath, error.message) : error.message;
    for (const problem of explain(path, error.keyword, error.params, message)) {
      if (!problems.some((known) => known.path === problem.path && known.message === problem.message)) {
        problems.push(problem);
      }
    }
  }
  return problems;
}

function explain(path: string, keyword: string, params: unknown, message: string): Problem[] {
  const detail = params as Record<string, unknown>;
  switch (keyword) {
    case "enum":
      return [{ path, message: `must be one of ${quoted(detail["allowedValues"])}` }];
    case "const":
      return [{ path, message: `must be ${JSON.stringify(detail["allowedValue"])}` }];
    case "required":
      return names(detail["requiredProperties"]).map((name) => ({ path: join(path, name), message: "is missing" }));
    case "additionalProperties":
      return names(detail["additionalProperties"]).map((name) => ({
        path: join(path, name),
        message: "is not known here",
      }));
    case "anyOf":
      return [];
    default:
      return [{ path, message }];
  }
}

/** A pattern says little to people; the schema's description of it says what to write. */
function patternMessage(schema: TSchema, schemaPath: string, message: string): string {
  let at: unknown = schema;
  for (const name of schemaPath.split("/").slice(1)) {
    at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[name] : undefined;
  }
  const description = typeof at === "object" && at !== null && "description" in at ? at.description : undefined;
  return typeof description === "string" ? `is not in the form it needs: ${description}` : message;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function quoted(value: unknown): string {
  return names(value)
    .map((name) => `"${name}"`)
    .join(", ");
}
