import { type Collection, MusterError } from "@muster/kernel";
import Type from "typebox";
import { problemsOf } from "../schema/problems.ts";

const Parameters = Type.Record(Type.String(), Type.Unknown());

const CollectionSchema = Type.Object({
  run: Type.String({ minLength: 1 }),
  actor: Type.String({ minLength: 1 }),
  subject: Type.Object({ service: Type.String(), environment: Type.String(), artefact: Type.Optional(Type.String()) }),
  at: Type.String({ pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$" }),
  facts: Type.Record(
    Type.String(),
    Type.Union([
      Type.Object({ status: Type.Literal("collected"), value: Type.Record(Type.String(), Type.Unknown()) }),
      Type.Object({ status: Type.Literal("unavailable"), reason: Type.String() }),
    ]),
  ),
  plan: Type.Array(
    Type.Object({ check: Type.String(), parameters: Parameters, validForMs: Type.Integer({ minimum: 1 }) }),
  ),
});

const FactsFileSchema = Type.Object({
  format: Type.Literal("muster-facts/1"),
  collections: Type.Array(CollectionSchema, { minItems: 1 }),
});

/** Saved facts: what was seen and which checks were asked for, enough to judge again offline. */
export interface FactsFile {
  readonly format: "muster-facts/1";
  readonly collections: readonly Collection[];
}

export function factsFile(collections: readonly Collection[]): FactsFile {
  return { format: "muster-facts/1", collections };
}

/**
 * Reads the text of a facts file.
 * @throws {MusterError} `facts-invalid` with every problem.
 */
export function parseFactsFile(text: string, name: string): FactsFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MusterError("facts-invalid", `${name} is not JSON: ${(error as Error).message}`);
  }
  const problems = problemsOf(FactsFileSchema, value);
  if (problems.length > 0)
    throw new MusterError("facts-invalid", `${name} is not in the format muster-facts/1`, { problems });
  return value as FactsFile;
}
