import { allocate, DATATYPES, type Datatype, elementCount, type Tensor, type Tensors } from "../tensor/tensor.ts";

/** An answer as replicas keep it for each other. */
export interface StoredAnswer {
  /** Generation of removals that was known when its computation began. */
  readonly generation: number;
  readonly outputs: Tensors;
}

interface Header {
  readonly generation: number;
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: Datatype;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
}

/** Says what the bytes are, and changes with what follows. */
const MAGIC = Buffer.from("MCA1");
const DIGEST_BYTES = 32;
const START = MAGIC.length + DIGEST_BYTES;

type Sha256 = (bytes: Uint8Array) => string;

/**
 * An answer as bytes: `MCA1`, SHA-256 of the question's digest and all that follows, length of the header (4 bytes,
 * little-endian), header in JSON, data of the outputs in the order of the header. Numbers are as in memory, which is
 * little-endian wherever Node runs; texts are JSON. Undefined when it would be longer than `maxBytes`.
 */
export function encodeAnswer(
  { generation, outputs }: StoredAnswer,
  questionDigest: string,
  maxBytes: number,
  sha256: Sha256,
): Buffer | undefined {
  let size = START;
  const data: Uint8Array[] = [];
  const described: Header["outputs"][number][] = [];
  for (const [name, { datatype, shape, data: elements }] of outputs) {
    const bytes = Array.isArray(elements)
      ? Buffer.from(JSON.stringify(elements))
      : new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);
    size += bytes.length;
    if (size > maxBytes) return undefined;
    data.push(bytes);
    described.push({ name, datatype, shape, bytes: bytes.length });
  }
  const header = Buffer.from(JSON.stringify({ generation, outputs: described } satisfies Header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const value = Buffer.concat([MAGIC, Buffer.from(questionDigest, "hex"), length, header, ...data]);
  if (value.length > maxBytes) return undefined;
  // The question's digest stands where the digest of both goes, so that nothing has to be joined twice.
  value.write(sha256(value.subarray(MAGIC.length)), MAGIC.length, "hex");
  return value;
}

/** Undefined for what is damaged, belongs to another question, or is in a format that is not known here. */
export function decodeAnswer(bytes: Uint8Array, questionDigest: string, sha256: Sha256): StoredAnswer | undefined {
  const value = Buffer.from(bytes);
  if (value.length < START + 4 || !value.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const digest = value.toString("hex", MAGIC.length, START);
  value.write(questionDigest, MAGIC.length, "hex");
  if (sha256(value.subarray(MAGIC.length)) !== digest) return undefined;
  try {
    const dataAt = START + 4 + value.readUInt32LE(START);
    const header = JSON.parse(value.toString("utf8", START + 4, dataAt)) as Header;
    let at = dataAt;
    const outputs = new Map<string, Tensor>();
    for (const { name, datatype, shape, bytes: length } of header.outputs) {
      const tensor = tensorOf(datatype, shape, value.subarray(at, at + length));
      if (tensor === undefined) return undefined;
      outputs.set(name, tensor);
      at += length;
    }
    return at === value.length && Number.isSafeInteger(header.generation)
      ? { generation: header.generation, outputs }
      : undefined;
  } catch {
    // The digest fits, so this was written by a program that means something else by it.
    return undefined;
  }
}

function tensorOf(datatype: Datatype, shape: readonly number[], bytes: Uint8Array): Tensor | undefined {
  if (!DATATYPES.includes(datatype) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    return undefined;
  }
  const elements = elementCount(shape);
  if (datatype === "BYTES") {
    const texts = JSON.parse(Buffer.from(bytes).toString()) as unknown;
    if (!Array.isArray(texts) || texts.length !== elements) return undefined;
    return texts.every((text) => typeof text === "string") ? { datatype, shape, data: texts } : undefined;
  }
  // No array is longer than its bytes; asked before room is made.
  if (elements > bytes.length) return undefined;
  const data = allocate(datatype, elements) as Exclude<Tensor["data"], string[]>;
  if (data.byteLength !== bytes.length) return undefined;
  new Uint8Array(data.buffer).set(bytes);
  return { datatype, shape, data };
}
