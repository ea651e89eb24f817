import { MusterError } from "@muster/kernel";
import type { ModelCard } from "../model/card.ts";
import { proveGolden } from "../model/golden.ts";
import type { ModelSession } from "../model/runtime.ts";
import { checkInputs, checkOutputs, hasRowsFirst, type Signature } from "../model/signature.ts";
import type { Tensors } from "../tensor/tensor.ts";
import { createBatcher, type BatchReport } from "./batcher.ts";

/** What a caller wants computed. */
export interface PredictionRequest {
  readonly inputs: Tensors;
  /** Outputs by name, in the order wanted; absent for all of them. */
  readonly outputs?: readonly string[];
}

/** A version of a model that answers predictions. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the artefact. */
  readonly digest: string;
  readonly card: ModelCard;
  readonly signature: Signature;
  /**
   * @throws {MusterError} `invalid-request` when the request does not fit the signature or the graph,
   *   `overloaded` when too much waits.
   */
  predict(request: PredictionRequest): Promise<Tensors>;
  /** Frees the model; predictions that were accepted finish first. */
  close(): Promise<void>;
}

export interface ServingLimits {
  /** Rows of one request at most. */
  readonly maxRequestRows: number;
  /** Rows of one run at most. */
  readonly maxBatchRows: number;
  /** Rows that wait for a model at most. */
  readonly maxPendingRows: number;
}

export interface ServingOptions {
  readonly limits: ServingLimits;
  schedule(flush: () => void): void;
  observeBatch?(card: ModelCard, report: BatchReport): void;
}

/**
 * Puts a loaded model into service, warm: its golden cases have run and gave the answers of the training.
 * @throws {MusterError} `model-invalid` when they did not, or when the card promises what the file does not hold.
 */
export async function serveModel(
  session: ModelSession,
  card: ModelCard,
  options: ServingOptions,
): Promise<ServedModel> {
  const { signature } = session;
  if (card.batchable && !hasRowsFirst(signature)) {
    throw new MusterError(
      "model-invalid",
      "the card says batchable, but not every tensor has a variable first dimension",
    );
  }
  await proveGolden(session, card.golden);
  const { maxRequestRows, ...bounds } = options.limits;
  const batcher = createBatcher({
    ...bounds,
    // A model that is not batchable is run request by request, through the same bounded queue.
    maxBatchRows: card.batchable ? bounds.maxBatchRows : 1,
    run: (inputs) => session.run(inputs),
    schedule: (flush) => options.schedule(flush),
    observe: (report) => options.observeBatch?.(card, report),
  });

  async function predict(request: PredictionRequest): Promise<Tensors> {
    const rows = checkInputs(signature, request.inputs, maxRequestRows);
    if (request.outputs === undefined) return batcher.submit(request.inputs, rows);
    checkOutputs(signature, request.outputs);
    const outputs = await batcher.submit(request.inputs, rows);
    return new Map(
      request.outputs.flatMap((name) => {
        const tensor = outputs.get(name);
        return tensor ? [[name, tensor] as const] : [];
      }),
    );
  }

  return {
    name: card.name,
    version: card.version,
    digest: card.artefact.sha256,
    card,
    signature,
    predict,
    close: () => session.close(),
  };
}
