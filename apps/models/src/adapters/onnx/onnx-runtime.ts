import { MusterError } from "@muster/kernel";
import { env, InferenceSession, Tensor as OnnxTensor } from "onnxruntime-node";
import type { ModelRuntime, ModelSession } from "../../domain/model/runtime.ts";
import type { TensorSpec } from "../../domain/model/signature.ts";
import type { Datatype, Tensor, Tensors } from "../../domain/tensor/tensor.ts";

const DATATYPE_OF: Readonly<Partial<Record<OnnxTensor.Type, Datatype>>> = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};

const TYPE_OF = Object.fromEntries(Object.entries(DATATYPE_OF).map(([type, datatype]) => [datatype, type])) as Readonly<
  Record<Datatype, OnnxTensor.Type>
>;

/**
 * Serves models with ONNX Runtime in this process. `run` computes on the calling thread
 * (onnxruntime-node 1.30 has no asynchronous run), so it suits models of a millisecond or less.
 */
export function createOnnxRuntime(options: { readonly threads: number }): ModelRuntime {
  // Its warnings go to stderr without form; what matters is thrown.
  env.logLevel = "error";
  return {
    async load(artefact) {
      const session = await open(artefact, options.threads);
      try {
        return wrap(session);
      } catch (error) {
        await session.release();
        throw error;
      }
    },
  };
}

async function open(artefact: Uint8Array, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(artefact, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
  } catch (error) {
    throw new MusterError("model-invalid", `ONNX Runtime cannot load it: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function wrap(session: InferenceSession): ModelSession {
  const inputs = session.inputMetadata.map(specOf);
  const outputs = session.outputMetadata.map(specOf);
  return {
    signature: { inputs, outputs },
    async run(given) {
      const feeds: Record<string, OnnxTensor> = {};
      for (const [name, tensor] of given) feeds[name] = toOnnx(tensor);
      return fromOnnx(await compute(session, feeds), outputs);
    },
    close: () => session.release(),
  };
}

/** What the graph refuses at run time is the caller's input: an index out of range, sizes that do not go together. */
async function compute(
  session: InferenceSession,
  feeds: Readonly<Record<string, OnnxTensor>>,
): Promise<InferenceSession.ReturnType> {
  try {
    return await session.run(feeds);
  } catch (error) {
    throw new MusterError("invalid-request", "the model cannot compute with these values", { cause: error });
  }
}

function toOnnx(tensor: Tensor): OnnxTensor {
  // The element kind of `data` follows from the datatype, which the table maps to ONNX's name.
  const fed = new OnnxTensor(TYPE_OF[tensor.datatype], tensor.data as OnnxTensor.DataType, tensor.shape);
  if (!(tensor.data instanceof Float16Array)) return fed;
  // onnxruntime-node 1.30 takes a Float16Array for an empty one; it reads the same bits as whole numbers.
  const { buffer, byteOffset, length } = tensor.data;
  return Object.defineProperty(fed, "data", { value: new Uint16Array(buffer, byteOffset, length) });
}

function fromOnnx(results: InferenceSession.ReturnType, specs: readonly TensorSpec[]): Tensors {
  const outputs = new Map<string, Tensor>();
  for (const spec of specs) {
    const result = results[spec.name];
    if (result) outputs.set(spec.name, { datatype: spec.datatype, shape: result.dims, data: result.data });
  }
  return outputs;
}

function specOf(metadata: InferenceSession.ValueMetadata): TensorSpec {
  const datatype = metadata.isTensor ? DATATYPE_OF[metadata.type] : undefined;
  if (!metadata.isTensor || datatype === undefined) {
    throw new MusterError("model-invalid", `"${metadata.name}" is not a tensor of a type that can be served`);
  }
  return {
    name: metadata.name,
    datatype,
    shape: metadata.shape.map((size) => (typeof size === "number" ? size : -1)),
  };
}
