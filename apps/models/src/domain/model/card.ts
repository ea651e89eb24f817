import { type Static, Type } from "typebox";
import { DATATYPES } from "../tensor/tensor.ts";

/** A tensor as the Open Inference Protocol writes it in JSON, with flat row-major data. */
export const CardTensorSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  datatype: Type.Enum([...DATATYPES]),
  shape: Type.Array(Type.Integer({ minimum: 0 })),
  data: Type.Array(Type.Union([Type.Number(), Type.Boolean(), Type.String()])),
});
export type CardTensor = Static<typeof CardTensorSchema>;

/** What a column of an input means, for forms, quality rules and drift. */
export const ColumnSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  unit: Type.Optional(Type.String()),
  /** Smallest and largest value that the model was trained on. */
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
});

/** What people and the platform must know about a model beside its weights. */
export const ModelCardSchema = Type.Object({
  format: Type.Literal("muster-model-card/1"),
  name: Type.String({ pattern: "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$" }),
  version: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
  title: Type.String({ minLength: 1 }),
  description: Type.String(),
  intendedUse: Type.String(),
  limits: Type.String(),
  artefact: Type.Object({ file: Type.String(), sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }) }),
  data: Type.Object({
    name: Type.String(),
    source: Type.String(),
    licence: Type.String(),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    rows: Type.Integer({ minimum: 0 }),
  }),
  training: Type.Object({
    command: Type.String(),
    seed: Type.Integer(),
    trainedOn: Type.Integer({ minimum: 0 }),
    testedOn: Type.Integer({ minimum: 0 }),
  }),
  metrics: Type.Record(Type.String(), Type.Number()),
  inputs: Type.Array(Type.Object({ name: Type.String(), columns: Type.Array(ColumnSchema) })),
  outputs: Type.Array(Type.Object({ name: Type.String(), labels: Type.Optional(Type.Array(Type.String())) })),
  /** Whether rows do not influence each other, so that requests may share a run. */
  batchable: Type.Boolean(),
  /** Inputs with the answers that the training computed; a model serves only after it repeats them. */
  golden: Type.Object({
    tolerance: Type.Number({ exclusiveMinimum: 0 }),
    cases: Type.Array(Type.Object({ inputs: Type.Array(CardTensorSchema), outputs: Type.Array(CardTensorSchema) }), {
      minItems: 1,
    }),
  }),
});
export type ModelCard = Static<typeof ModelCardSchema>;
