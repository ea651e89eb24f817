import { type TSchema, Type } from "typebox";

/**
 * What the Open Inference Protocol says of replies, written down from its public OpenAPI document
 * (github.com/kserve/open-inference-protocol at 18d5991, specification/protocol/open_inference_rest.yaml) and,
 * where that document leaves a reply open, from the text beside it (inference_rest.md). It is not made from the
 * schemas of the service, so that the two can disagree.
 */
const Text = { type: "string" };
const Parameters = { type: "object" };
const Shape = { type: "array", items: { type: "integer" } };
const TensorMetadata = object({ name: Text, datatype: Text, shape: Shape });
/** Nested as deep as the shape, which is at most three in these tests. */
const TensorData = nested(3);
const ResponseOutput = object({ name: Text, shape: Shape, datatype: Text, parameters: Parameters, data: TensorData }, [
  "parameters",
]);

export const PROTOCOL = {
  serverMetadata: schema(object({ name: Text, version: Text, extensions: { type: "array", items: Text } })),
  modelMetadata: schema(
    object(
      {
        name: Text,
        versions: { type: "array", items: Text },
        platform: Text,
        inputs: { type: "array", items: TensorMetadata },
        outputs: { type: "array", items: TensorMetadata },
      },
      ["versions", "inputs", "outputs"],
    ),
  ),
  inference: schema(inferenceOf(ResponseOutput)),
  /** The binary extension takes `data` away and says in `parameters` how many bytes there are instead. */
  binaryInference: schema(
    inferenceOf({
      anyOf: [
        ResponseOutput,
        object({
          name: Text,
          shape: Shape,
          datatype: Text,
          parameters: object({ binary_data_size: { type: "integer", minimum: 0 } }),
        }),
      ],
    }),
  ),
  error: schema(object({ error: { type: "string", minLength: 1 } })),
  live: schema(object({ live: { type: "boolean" } })),
  modelReady: schema(object({ name: Text, ready: { type: "boolean" } })),
} as const;

function inferenceOf(output: object): object {
  return object(
    {
      model_name: Text,
      model_version: Text,
      id: Text,
      parameters: Parameters,
      outputs: { type: "array", items: output },
    },
    ["model_version", "id", "parameters"],
  );
}

function object(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  return { type: "object", properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

function nested(depth: number): object {
  const scalars = [{ type: "number" }, { type: "string" }, { type: "boolean" }];
  return { type: "array", items: { anyOf: depth === 1 ? scalars : [nested(depth - 1), ...scalars] } };
}

function schema(plain: object): TSchema {
  return Type.Unsafe(plain);
}
