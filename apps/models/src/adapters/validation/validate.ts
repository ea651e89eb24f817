/** The program that opens an untrusted model: reads model and card from standard input, answers on standard output. */
import { buffer } from "node:stream/consumers";
import { MusterError } from "@muster/kernel";
import { inspectModel } from "../../domain/model/golden.ts";
import { createOnnxRuntime } from "../onnx/onnx-runtime.ts";
import { externalData } from "../onnx/external-data.ts";
import { unpackValidation, type ValidationAnswer } from "./message.ts";

async function answer(): Promise<ValidationAnswer> {
  const { artefact, card } = unpackValidation(await buffer(process.stdin));
  try {
    const outside = externalData(artefact);
    if (outside !== undefined) {
      throw new MusterError("model-invalid", `tensor "${outside}" is kept in another file; save the model as one file`);
    }
    const session = await createOnnxRuntime({ threads: 1 }).load(artefact);
    return { valid: true, inspection: await inspectModel(session, card) };
  } catch (error) {
    if (error instanceof MusterError) return { valid: false, reason: sentence(error) };
    throw error;
  }
}

function sentence({ message, problems }: MusterError): string {
  return [message, ...problems.map((problem) => `${problem.path} ${problem.message}`)].join("; ");
}

process.stdout.end(JSON.stringify(await answer()));
