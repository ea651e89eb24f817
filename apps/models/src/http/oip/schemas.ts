import { Type } from "typebox";
import { DATATYPES } from "../../domain/tensor/tensor.ts";

const Parameters = Type.Record(Type.String(), Type.Unknown(), { description: "Unknown parameters are ignored" });
const Shape = Type.Array(Type.Integer({ minimum: 0 }), { description: "Rows first" });
const Data = Type.Array(Type.Unknown(), { description: "Row-major; flat, or nested as the shape says" });

export const OipErrorSchema = Type.Object({
  error: Type.String({ description: "What was wrong, and what was expected" }),
});

export const ServerMetadataSchema = Type.Object({
  name: Type.String(),
  version: Type.String(),
  extensions: Type.Array(Type.String()),
});

const TensorMetadata = Type.Object({
  name: Type.String(),
  datatype: Type.Enum([...DATATYPES]),
  shape: Type.Array(Type.Integer({ minimum: -1 }), { description: "-1 where the size may vary" }),
});

export const ModelMetadataSchema = Type.Object({
  name: Type.String(),
  versions: Type.Array(Type.String()),
  platform: Type.String(),
  inputs: Type.Array(TensorMetadata),
  outputs: Type.Array(TensorMetadata),
});

export const ModelReadySchema = Type.Object({ name: Type.String(), ready: Type.Boolean() });
export const LiveSchema = Type.Object({ live: Type.Boolean() });
export const ReadySchema = Type.Object({ live: Type.Boolean(), ready: Type.Boolean() });

export const InferRequestSchema = Type.Object({
  id: Type.Optional(Type.String({ description: "Repeated in the answer" })),
  parameters: Type.Optional(Parameters),
  inputs: Type.Array(
    Type.Object({
      name: Type.String(),
      shape: Shape,
      datatype: Type.Enum([...DATATYPES]),
      parameters: Type.Optional(Parameters),
      data: Data,
    }),
  ),
  outputs: Type.Optional(
    Type.Array(Type.Object({ name: Type.String(), parameters: Type.Optional(Parameters) }), {
      description: "Outputs wanted; all when absent",
    }),
  ),
});

export const InferResponseSchema = Type.Object({
  model_name: Type.String(),
  model_version: Type.String(),
  id: Type.Optional(Type.String()),
  outputs: Type.Array(
    Type.Object({ name: Type.String(), shape: Shape, datatype: Type.Enum([...DATATYPES]), data: Data }),
  ),
});
