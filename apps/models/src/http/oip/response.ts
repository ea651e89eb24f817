import { MusterError } from "@muster/kernel";
import type { ServedModel } from "../../domain/serving/served-model.ts";
import { encodeElements } from "./binary.ts";
import type { Tensor, TensorData, Tensors } from "../../domain/tensor/tensor.ts";

/**
 * Writes an inference response as JSON text. Written by hand, because it is done for every prediction
 * and because JSON.stringify knows neither typed arrays nor 64-bit integers.
 * @param predictionId id of a prediction that was recorded, where it is told as a parameter.
 * @throws {MusterError} `invalid-request` for an output that JSON cannot carry.
 */
export function writeInferResponse(
  model: ServedModel,
  id: string | undefined,
  outputs: Tensors,
  predictionId?: string,
): string {
  const parameters = predictionId === undefined ? "" : `"parameters":{"muster_prediction_id":"${predictionId}"},`;
  let text = `${responseHead(model, id)}${parameters}"outputs":[`;
  let separator = "";
  for (const [name, tensor] of outputs) {
    text += `${separator}${writeTensor(name, tensor)}`;
    separator = ",";
  }
  return `${text}]}`;
}

/** An answer with raw tensors after the JSON, whose length goes into the header. */
export interface BinaryResponse {
  readonly jsonLength: number;
  readonly body: Buffer;
}

/** Writes an inference response of which some outputs are raw bytes. */
export function writeBinaryResponse(
  model: ServedModel,
  id: string | undefined,
  outputs: Tensors,
  isBinary: (output: string) => boolean,
): BinaryResponse {
  const raw: Buffer[] = [];
  const parts: string[] = [];
  for (const [name, tensor] of outputs) {
    if (!isBinary(name)) {
      parts.push(writeTensor(name, tensor));
      continue;
    }
    const bytes = encodeElements(tensor);
    raw.push(bytes);
    const head = tensorHead(name, tensor);
    parts.push(`${head},"parameters":{"binary_data_size":${bytes.length}}}`);
  }
  const json = Buffer.from(`${responseHead(model, id)}"outputs":[${parts.join(",")}]}`);
  return { jsonLength: json.length, body: Buffer.concat([json, ...raw]) };
}

function responseHead(model: ServedModel, id: string | undefined): string {
  const head = `{"model_name":${JSON.stringify(model.name)},"model_version":${JSON.stringify(model.version)},`;
  return id === undefined ? head : `${head}"id":${JSON.stringify(id)},`;
}

function tensorHead(name: string, { datatype, shape }: Tensor): string {
  return `{"name":${JSON.stringify(name)},"shape":[${shape.join(",")}],"datatype":"${datatype}"`;
}

function writeTensor(name: string, tensor: Tensor): string {
  const { datatype, data } = tensor;
  const head = `${tensorHead(name, tensor)},"data":[`;
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
