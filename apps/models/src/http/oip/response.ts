import { MusterError } from "@muster/kernel";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import type { Tensor, TensorData, Tensors } from "../../domain/tensor/tensor.ts";

/**
 * Writes an inference response as JSON text. Written by hand, because it is done for every prediction
 * and because JSON.stringify knows neither typed arrays nor 64-bit integers.
 * @throws {MusterError} `invalid-request` for an output that JSON cannot carry.
 */
export function writeInferResponse(model: ServedModel, id: string | undefined, outputs: Tensors): string {
  let text = `{"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)},`;
  if (id !== undefined) text += `"id":${JSON.stringify(id)},`;
  text += '"outputs":[';
  let separator = "";
  for (const [name, tensor] of outputs) {
    text += `${separator}${writeTensor(name, tensor)}`;
    separator = ",";
  }
  return `${text}]}`;
}

function writeTensor(name: string, { datatype, shape, data }: Tensor): string {
  const head = `{"name":${JSON.stringify(name)},"shape":[${shape.join(",")}],"datatype":"${datatype}","data":[`;
  switch (datatype) {
    case "BYTES":
      return `${head}${(data as string[]).map((text) => JSON.stringify(text)).join(",")}]}`;
    case "BOOL":
      return `${head}${Array.from(data as Uint8Array, (bit) => bit !== 0).join(",")}]}`;
    case "FP16":
    case "FP32":
    case "FP64":
      return `${head}${finite(name, data).join(",")}]}`;
    case "UINT8":
    case "UINT16":
    case "UINT32":
    case "UINT64":
    case "INT8":
    case "INT16":
    case "INT32":
    case "INT64":
      return `${head}${data.join(",")}]}`;
  }
}

function finite(name: string, data: TensorData): TensorData {
  const numbers = data as Float32Array;
  for (let index = 0; index < numbers.length; index += 1) {
    if (Number.isFinite(numbers[index])) continue;
    const message = `is ${numbers[index]} at ${index}, which JSON cannot carry; check the inputs for extreme values`;
    throw new MusterError("invalid-request", "the model gave no number", { problems: [{ path: name, message }] });
  }
  return data;
}
