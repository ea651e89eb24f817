/** Fields of onnx.proto3 on the way to every tensor that a model holds: message name → field number → message name. */
const PATHS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Model: { 7: "Graph", 20: "Training", 25: "Function" },
  Training: { 1: "Graph", 2: "Graph" },
  Function: { 7: "Node", 11: "Attribute" },
  Graph: { 1: "Node", 5: "Tensor", 15: "Sparse" },
  Node: { 5: "Attribute" },
  Attribute: { 5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "Sparse", 23: "Sparse" },
  Sparse: { 1: "Tensor", 2: "Tensor" },
};
const TENSOR_NAME = 8;
const TENSOR_LOCATION = 14;
const EXTERNAL = 1n;
/** Graphs within graphs; ONNX Runtime itself does not go deeper with sense. */
const MAX_DEPTH = 64;

/**
 * Name of a tensor whose content the model wants read from another file, or undefined when there is
 * none. Such a file is named by the model's author, so a model that names one is not opened at all.
 * Bytes that are not protobuf are left for ONNX Runtime to refuse.
 */
export function externalData(model: Uint8Array): string | undefined {
  try {
    return search(model, "Model", 0);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function search(bytes: Uint8Array, message: string, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return "nested too deep to be looked at";
  let name = "";
  let outside = false;
  for (const field of fields(bytes)) {
    if (message === "Tensor") {
      if (field.number === TENSOR_NAME && field.content)
        name = Buffer.from(field.content).toString("utf8").slice(0, 100);
      if (field.number === TENSOR_LOCATION && field.value === EXTERNAL) outside = true;
      continue;
    }
    const inner = PATHS[message]?.[field.number];
    const found = inner !== undefined && field.content ? search(field.content, inner, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return outside ? name || "without a name" : undefined;
}

interface Field {
  readonly number: number;
  readonly value?: bigint;
  readonly content?: Uint8Array;
}

/** Reads the fields of one message in protobuf's wire format. @throws {RangeError} for what is not one. */
function* fields(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at];
      if (byte === undefined) throw new RangeError("a number is cut off");
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is too long");
  };
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >>> 3;
    switch (key & 7) {
      case 0:
        yield { number, value: varint() };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new RangeError("a field is cut off");
        yield { number, content: bytes.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new RangeError("an unknown kind of field");
    }
  }
}
