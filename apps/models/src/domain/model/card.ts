import { type Static, Type } from "typebox";
import { DATATYPES } from "../tensor/tensor.ts";

/** Names of models, in addresses and in files. */
export const MODEL_NAME_PATTERN = "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$";

const Digest = Type.String({ pattern: "^[0-9a-f]{64}$", description: "SHA-256" });
const Text = Type.String({ maxLength: 4_000 });
const strict = { additionalProperties: false } as const;

/** A tensor as the Open Inference Protocol writes it in JSON, with flat row-major data. */
export const CardTensorSchema = Type.Object({
  name: Type.String({ minLength: 1 }),
  datatype: Type.Enum([...DATATYPES]),
  shape: Type.Array(Type.Integer({ minimum: 0 })),
  data: Type.Array(Type.Union([Type.Number(), Type.Boolean(), Type.String()])),
});
export type CardTensor = Static<typeof CardTensorSchema>;

/** What a column of an input means, for forms, quality rules and drift. */
const ColumnSchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200 }),
    unit: Type.Optional(Type.String({ maxLength: 40 })),
    min: Type.Optional(Type.Number({ description: "Smallest value that the model was trained on" })),
    max: Type.Optional(Type.Number({ description: "Largest value that the model was trained on" })),
  },
  strict,
);

/** Inputs with the answers that the training computed; a model serves only after it repeats them. */
export const GoldenSchema = Type.Object(
  {
    tolerance: Type.Number({ exclusiveMinimum: 0 }),
    cases: Type.Array(
      Type.Object({ inputs: Type.Array(CardTensorSchema), outputs: Type.Array(CardTensorSchema) }, strict),
      {
        maxItems: 100,
      },
    ),
  },
  strict,
);
export type Golden = Static<typeof GoldenSchema>;

const cardMembers = {
  title: Type.String({ minLength: 1, maxLength: 200 }),
  description: Type.Optional(Text),
  intendedUse: Type.Optional(Text),
  limits: Type.Optional(Text),
  author: Type.Optional(Type.String({ maxLength: 200 })),
  data: Type.Optional(
    Type.Object(
      {
        name: Type.String({ maxLength: 200 }),
        source: Type.String({ maxLength: 2_000 }),
        licence: Type.String({ maxLength: 100 }),
        sha256: Digest,
        rows: Type.Integer({ minimum: 0 }),
      },
      strict,
    ),
  ),
  training: Type.Optional(
    Type.Object(
      {
        command: Type.String({ maxLength: 2_000 }),
        seed: Type.Integer(),
        trainedOn: Type.Integer({ minimum: 0 }),
        testedOn: Type.Integer({ minimum: 0 }),
      },
      strict,
    ),
  ),
  metrics: Type.Optional(Type.Record(Type.String({ maxLength: 100 }), Type.Number())),
  inputs: Type.Optional(Type.Array(Type.Object({ name: Type.String(), columns: Type.Array(ColumnSchema) }, strict))),
  outputs: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), labels: Type.Optional(Type.Array(Type.String())) }, strict)),
  ),
  batchable: Type.Optional(
    Type.Boolean({
      description: "Whether rows do not influence each other, so that requests may share a run; tried out when absent",
    }),
  ),
  golden: Type.Optional(GoldenSchema),
};

/** What an author says about a model. */
export const ModelCardSchema = Type.Object(cardMembers, strict);
export type ModelCard = Static<typeof ModelCardSchema>;

/** A card in the file that lies beside a model which comes with the platform. */
export const CardFileSchema = Type.Object(
  {
    format: Type.Literal("muster-model-card/1"),
    name: Type.String({ pattern: MODEL_NAME_PATTERN }),
    version: Type.String({ pattern: "^[1-9][0-9]{0,8}$" }),
    artefact: Type.Object({ file: Type.String(), sha256: Digest }, strict),
    ...cardMembers,
  },
  strict,
);
export type CardFile = Static<typeof CardFileSchema>;

/** The card without what ties it to its file. */
export function cardOf({
  format: _format,
  name: _name,
  version: _version,
  artefact: _artefact,
  ...card
}: CardFile): ModelCard {
  return card;
}
